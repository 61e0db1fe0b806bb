#include "core/text/jinja/text_functions.h"

#include <algorithm>
#include <array>

#include "core/text/jinja/text_search.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

CharacterSet::CharacterSet(const std::string* characters, Budget& budget) : m_isSpace(characters == nullptr) {
  if (m_isSpace) return;
  for (std::string_view rest = *characters; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    m_sorted.push_back(step.codePoint);
    rest.remove_prefix(step.length);
  }
  budget.make(m_sorted.size() * sizeof(std::uint32_t));
  budget.step(m_sorted.size());
  std::sort(m_sorted.begin(), m_sorted.end());
  m_sorted.erase(std::unique(m_sorted.begin(), m_sorted.end()), m_sorted.end());
}

bool CharacterSet::contains(std::uint32_t character) const {
  return m_isSpace ? isSpace(character) : std::binary_search(m_sorted.begin(), m_sorted.end(), character);
}

std::string_view stripText(std::string_view text, Ends ends, const CharacterSet& characters) {
  const auto has = [&](Ends end) { return (static_cast<unsigned>(ends) & static_cast<unsigned>(end)) != 0; };
  while (has(Ends::Left) && !text.empty()) {
    const Utf8Step step = firstCharacter(text);
    if (!characters.contains(step.codePoint)) break;
    text.remove_prefix(step.length);
  }
  while (has(Ends::Right) && !text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && text.size() - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) --start;
    if (!characters.contains(firstCharacter(text.substr(start)).codePoint)) break;
    text.remove_suffix(text.size() - start);
  }
  return text;
}

std::string_view takeLine(std::string_view& text, bool keepEnd) {
  std::size_t end = 0;
  std::size_t length = 0;  // of the line's end
  while (end < text.size() && length == 0) {
    const Utf8Step step = firstCharacter(text.substr(end));
    const std::uint32_t c = step.codePoint;
    const bool ends = (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
    if (ends) {
      length = text.substr(end).starts_with("\r\n") ? 2 : step.length;
    } else {
      end += step.length;
    }
  }
  const std::string_view line = text.substr(0, end + (keepEnd ? length : 0));
  text.remove_prefix(end + length);
  return line;
}

Value padText(std::string_view text, std::int64_t width, std::string_view fill, Ends ends, Budget& budget) {
  const std::int64_t missing = std::max<std::int64_t>(
      0, std::min<std::int64_t>(width, Budget::kTextBytes + 1) - static_cast<std::int64_t>(countCharacters(text)));
  std::int64_t before = ends == Ends::Left ? missing : 0;
  if (ends == Ends::Both) before = missing / 2 + (missing & width & 1);  // CPython's way to halve an odd number
  Text out(budget);
  for (std::int64_t k = 0; k < before; ++k) out += fill;
  out += text;
  for (std::int64_t k = before; k < missing; ++k) out += fill;
  return std::move(out).value();
}

namespace {

/// `to` before every character and at the end.
Value insertBetween(std::string_view text, std::string_view to, std::int64_t count, Budget& budget) {
  Text out(budget);
  for (std::int64_t done = 0; count < 0 || done < count; ++done) {
    out += to;
    if (text.empty()) break;
    const std::size_t length = firstCharacter(text).length;
    out += text.substr(0, length);
    text.remove_prefix(length);
  }
  out += text;
  return std::move(out).value();
}

}  // namespace

Value replaceText(std::string_view text, std::string_view from, std::string_view to, std::int64_t count,
                  Budget& budget) {
  if (from.empty()) return insertBetween(text, to, count, budget);
  const TextSearch search(from, budget);
  Text out(budget);
  std::size_t position = 0;
  for (std::int64_t done = 0; count < 0 || done < count; ++done) {
    const std::size_t at = search.find(text, position);
    if (at == std::string_view::npos) break;
    out += text.substr(position, at - position);
    out += to;
    position = at + from.size();
  }
  out += text.substr(position);
  return std::move(out).value();
}

void appendMarkup(Text& out, std::string_view text) {
  static constexpr std::string_view kPlain = "&<>\"'";
  static constexpr std::array<std::string_view, 5> kWritten = {"&amp;", "&lt;", "&gt;", "&#34;", "&#39;"};
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t known = kPlain.find(text[at]);
    if (known == std::string_view::npos) continue;
    out += text.substr(from, at - from);
    out += kWritten[known];
    from = at + 1;
  }
  out += text.substr(from);
}

std::string changeCase(std::string_view text, Letters letters, Budget& budget) {
  budget.step(text.size() / 4);
  std::string out;
  out.reserve(text.size());
  bool starts = true;
  while (!text.empty()) {
    const Utf8Step step = firstCharacter(text);
    const std::string_view character = text.substr(0, step.length);
    if (step.kind != Utf8Kind::Complete) {
      out += character;
    } else if (letters == Letters::Swapped) {
      const std::size_t size = out.size();
      appendUpper(out, step.codePoint);
      if (std::string_view(out).substr(size) == character) {
        out.resize(size);
        appendLower(out, step.codePoint);
      }
    } else if (letters == Letters::Upper || (letters == Letters::TitleOfFilter && starts)) {
      appendUpper(out, step.codePoint);
    } else if (starts && letters != Letters::Lower) {
      appendTitle(out, step.codePoint);
    } else {
      appendLower(out, step.codePoint);
    }
    starts = (letters == Letters::TitleOfMethod && !isLetter(step.codePoint)) ||
             (letters == Letters::TitleOfFilter &&
              (isSpace(step.codePoint) || std::string_view("-({[<").find(character) != std::string_view::npos));
    text.remove_prefix(step.length);
  }
  return out;
}

}  // namespace core::text::jinja
