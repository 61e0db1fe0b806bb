#pragma once
#include <filesystem>
#include <string_view>

namespace core::io {

/// Throws Error (NotFound, Io): "Could not ACTION PATH: the operating system's reason for errno value `error`."
[[noreturn]] void throwSystemError(std::string_view action, const std::filesystem::path& path, int error);

}  // namespace core::io
