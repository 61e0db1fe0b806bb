#pragma once
#include <string>

namespace support {

/// SHA-256 of a text as 64 hexadecimal digits.
std::string sha256(const std::string& text);
/// What git calls a blob of this content: SHA-1 of "blob SIZE\0" and the content, as 40 hexadecimal digits.
std::string gitBlob(const std::string& content);

}  // namespace support
