#include "core/text/charsmap.h"

#include <utf8proc.h>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace core::text {

namespace {

// A unit of darts-clone: a label and the offset of its children, or a value.
constexpr std::uint32_t labelOf(std::uint32_t unit) { return unit & 0x800000FFU; }
constexpr std::uint32_t offsetOf(std::uint32_t unit) { return (unit >> 10U) << ((unit & 0x200U) >> 6U); }
constexpr bool hasValue(std::uint32_t unit) { return (unit & 0x100U) != 0; }
constexpr std::uint32_t valueOf(std::uint32_t unit) { return unit & 0x7FFFFFFFU; }

/// Texts of the table are words at most: a longer walk means harm.
constexpr std::size_t kLongestText = 256;

std::uint32_t readUnit(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

}  // namespace

Charsmap::Charsmap(std::string_view bytes) {
  const std::size_t size = bytes.size() < 4 ? 0 : readUnit(bytes, 0);
  if (size == 0 || size % 4 != 0 || size > bytes.size() - 4)
    throw Error(ErrorCode::InvalidFile, "The tokenizer's precompiled_charsmap is cut off or malformed.");
  m_units.reserve(size / 4);
  for (std::size_t at = 4; at < 4 + size; at += 4) m_units.push_back(readUnit(bytes, at));
  m_replacements = bytes.substr(4 + size);
}

std::optional<std::string_view> Charsmap::replacementAt(std::uint32_t offset) const {
  if (offset >= m_replacements.size()) return std::nullopt;
  const std::string_view rest = std::string_view(m_replacements).substr(offset);
  return rest.substr(0, rest.find('\0'));
}

std::optional<Charsmap::Found> Charsmap::find(std::string_view text, bool isLongest) const {
  std::optional<Found> found;
  std::uint32_t node = offsetOf(m_units[0]);
  for (std::size_t i = 0; i < text.size() && i < kLongestText && text[i] != '\0'; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    node ^= byte;
    if (node >= m_units.size() || labelOf(m_units[node]) != byte) break;
    const std::uint32_t unit = m_units[node];
    node ^= offsetOf(unit);
    if (node >= m_units.size()) break;
    if (!hasValue(unit)) continue;
    if (const auto replacement = replacementAt(valueOf(m_units[node]))) found = Found{i + 1, *replacement};
    if (!isLongest) break;
  }
  return found;
}

std::string Charsmap::applyLongest(std::string_view text, std::size_t longest) const {
  std::string out;
  out.reserve(text.size());
  while (!text.empty() && out.size() <= longest) {
    const auto found = find(text, true);
    const std::size_t length = found ? found->length : firstCharacter(text).length;
    out += found ? found->replacement : text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

std::string Charsmap::applyToGraphemes(std::string_view text, std::size_t longest) const {
  constexpr std::size_t kLongestGrapheme = 5;
  std::string out;
  out.reserve(text.size());
  const auto addCharacters = [&](std::string_view grapheme) {
    while (!grapheme.empty() && out.size() <= longest) {
      const std::string_view character = grapheme.substr(0, firstCharacter(grapheme).length);
      const auto found = find(character, false);
      out += found ? found->replacement : character;
      grapheme.remove_prefix(character.size());
    }
  };
  utf8proc_int32_t state = 0;
  std::uint32_t previous = 0;
  for (std::size_t begin = 0, at = 0; begin < text.size() && out.size() <= longest;) {
    // [begin, at) is what belongs to the grapheme so far.
    const bool isAtEnd = at == text.size();
    const Utf8Step step = isAtEnd ? Utf8Step{} : firstCharacter(text.substr(at));
    const bool isBreak = isAtEnd || (at > begin && utf8proc_grapheme_break_stateful(
                                                       static_cast<utf8proc_int32_t>(previous),
                                                       static_cast<utf8proc_int32_t>(step.codePoint), &state) != 0);
    if (isBreak) {
      const std::string_view grapheme = text.substr(begin, at - begin);
      const auto whole = grapheme.size() <= kLongestGrapheme ? find(grapheme, false) : std::nullopt;
      whole ? static_cast<void>(out += whole->replacement) : addCharacters(grapheme);
      begin = at;
    }
    previous = step.codePoint;
    at += step.length;
  }
  return out;
}

}  // namespace core::text
