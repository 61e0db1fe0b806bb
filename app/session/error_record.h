#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/session/scheme_error.h"

namespace app {

/// FNV-1a, 64 bits (Fowler, Noll, Vo): finds damage, keeps no secrets.
std::uint64_t checksumOf(std::string_view text);

/// A measured error as a line with its checksum in front, after a line break: exact, numbers in hexadecimal.
/// Empty for what is not kept: a refusal (it is known without measuring), values that are not finite.
std::string writeRecord(const SchemeError& error);
/// The line without its break; nothing for any other text. @param tensors of the model it is of
std::optional<SchemeError> readRecord(std::string_view line, std::span<const core::io::TensorInfo> tensors);

}  // namespace app
