#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core::io {

/// Files of a folder whose names end so (and are longer than that), sorted by name.
/// @throws Error (Io) when the folder cannot be listed
std::vector<std::filesystem::path> filesEndingIn(const std::filesystem::path& folder, std::string_view ending);
std::vector<std::filesystem::path> subfoldersOf(const std::filesystem::path& folder);

/// "a", "b" and so on for a sentence; a few of them when there are many.
std::string quotedNames(std::span<const std::filesystem::path> paths);
std::string quotedNames(std::span<const std::string> names);

}  // namespace core::io
