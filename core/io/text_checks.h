#pragma once
#include <string>
#include <string_view>

namespace core::io {

/// Whether every byte belongs to a well-formed UTF-8 sequence (no surrogates, no overlong forms).
bool isValidUtf8(std::string_view text);

/// Text from a file, safe to put in a sentence: in double quotes, control characters and bytes that are not UTF-8 as
/// \xNN, and no longer than about 100 bytes.
std::string inQuotes(std::string_view text);

}  // namespace core::io
