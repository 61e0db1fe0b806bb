#include "core/base/utf8.h"

#include <cstring>

namespace core {

namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

/// Length a lead byte announces and the range its second byte must lie in (Unicode table 3-7); length 0: no lead byte.
struct Lead {
  std::size_t length;
  unsigned char low;
  unsigned char high;
};

Lead leadOf(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

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

}  // namespace

Utf8Step firstCharacter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Lead lead = leadOf(byte(0));
  if (lead.length == 0) return {Utf8Kind::Invalid, 1, kReplacement};
  if (lead.length == 1) return {Utf8Kind::Complete, 1, byte(0)};
  std::uint32_t codePoint = byte(0) & (0x7FU >> lead.length);
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i == text.size()) return {Utf8Kind::Incomplete, i, kReplacement};
    const unsigned char low = i == 1 ? lead.low : 0x80;
    const unsigned char high = i == 1 ? lead.high : 0xBF;
    if (byte(i) < low || byte(i) > high) return {Utf8Kind::Invalid, i, kReplacement};
    codePoint = codePoint << 6U | (byte(i) & 0x3FU);
  }
  return {Utf8Kind::Complete, lead.length, codePoint};
}

bool isValidUtf8(std::string_view text) {
  for (;;) {
    text.remove_prefix(asciiPrefix(text));
    if (text.empty()) return true;
    const Utf8Step step = firstCharacter(text);
    if (step.kind != Utf8Kind::Complete) return false;
    text.remove_prefix(step.length);
  }
}

}  // namespace core
