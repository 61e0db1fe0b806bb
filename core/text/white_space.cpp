#include "core/text/white_space.h"

#include "core/base/utf8.h"

namespace core::text {

std::size_t lastCharacter(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

bool isWhiteSpace(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::size_t leadingWhiteSpace(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const Utf8Step step = firstCharacter(text.substr(at));
    if (!isWhiteSpace(step.codePoint)) break;
    at += step.length;
  }
  return at;
}

std::size_t withoutTrailingWhiteSpace(std::string_view text) {
  while (!text.empty()) {
    const std::size_t at = lastCharacter(text);
    if (!isWhiteSpace(firstCharacter(text.substr(at)).codePoint)) break;
    text.remove_suffix(text.size() - at);
  }
  return text.size();
}

}  // namespace core::text
