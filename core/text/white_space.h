#pragma once
#include <cstdint>
#include <string_view>

namespace core::text {

/// Unicode's White_Space, what \s is in Rust's expressions. (isSpace of unicode.h is Python's, which has more.)
bool isWhiteSpace(std::uint32_t c);
/// Bytes of white space at the front of a text.
std::size_t leadingWhiteSpace(std::string_view text);
/// Bytes that are left without the white space at the end.
std::size_t withoutTrailingWhiteSpace(std::string_view text);
/// Where the last character of a text begins. @pre the text is not empty
std::size_t lastCharacter(std::string_view text);

}  // namespace core::text
