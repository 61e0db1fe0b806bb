#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/utf8.h"

namespace core::text {

/// The text with every ill-formed or cut-off part replaced by U+FFFD.
std::string replaceInvalidUtf8(std::string_view text);
void appendUtf8(std::string& out, std::uint32_t codePoint);
std::size_t countCharacters(std::string_view text);

/// What Python's str.isspace() calls white space.
bool isSpace(std::uint32_t codePoint);
std::string toUpper(std::string_view text);
std::string toLower(std::string_view text);
/// First character upper case (title case where Unicode has one), the rest lower case.
std::string capitalize(std::string_view text);
bool isLetter(std::uint32_t codePoint);
bool isDigit(std::uint32_t codePoint);

}  // namespace core::text
