#include "core/io/text_checks.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <cstdint>
#include <cstring>

namespace core::io {

namespace {

constexpr std::size_t kLongestQuote = 100;

/// Length of the ASCII prefix, eight bytes at a time: vocabularies are megabytes of mostly ASCII.
std::size_t asciiPrefix(std::string_view text) {
  std::size_t length = 0;
  while (text.size() - length >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + length, sizeof(word));
    if ((word & 0x8080808080808080U) != 0) break;
    length += sizeof(word);
  }
  while (length < text.size() && static_cast<unsigned char>(text[length]) < 0x80U) ++length;
  return length;
}

/// Bytes of the UTF-8 sequence that starts the text, 0 when it is not well-formed. @pre not empty
std::size_t sequenceLength(std::string_view text, std::int32_t& codePoint) {
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &codePoint);
  return length > 0 ? static_cast<std::size_t>(length) : 0;
}

}  // namespace

bool isValidUtf8(std::string_view text) {
  for (;;) {
    text.remove_prefix(asciiPrefix(text));
    if (text.empty()) return true;
    std::int32_t codePoint = 0;
    const std::size_t length = sequenceLength(text, codePoint);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

std::string inQuotes(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    if (result.size() > kLongestQuote) {
      result += "…";
      break;
    }
    std::int32_t codePoint = 0;
    std::size_t length = sequenceLength(text, codePoint);
    const bool isControl = codePoint < 0x20 || (codePoint >= 0x7F && codePoint < 0xA0);
    if (length == 0 || isControl) {
      length = 1;
      result += fmt::format("\\x{:02X}", static_cast<unsigned char>(text.front()));
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result + '"';
}

}  // namespace core::io
