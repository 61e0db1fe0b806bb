#include "core/text/character_changes.h"

#include <utf8proc.h>

#include "core/text/unicode.h"
#include "core/text/white_space.h"

namespace core::text {

namespace {

/// What becomes of a text when `change(codePoint, out)` appends what becomes of each character, or says no to keep it.
template <typename Change>
std::string changed(std::string_view text, const Change& change) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = firstCharacter(text);
    if (step.kind != Utf8Kind::Complete || !change(step.codePoint, out)) out += text.substr(0, step.length);
    text.remove_prefix(step.length);
  }
  return out;
}

utf8proc_category_t categoryOf(std::uint32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

bool isMark(std::uint32_t c, bool onlyNonspacing) {
  const utf8proc_category_t category = categoryOf(c);
  if (category == UTF8PROC_CATEGORY_MN) return true;
  return !onlyNonspacing && (category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME);
}

/// Control, format, private.
bool isOther(std::uint32_t c) {
  switch (categoryOf(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
      return true;
    default:
      return false;
  }
}

/// The ranges of BERT's tokenizer, one of which begins later than Unicode's block.
bool isIdeograph(std::uint32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

}  // namespace

std::string inLowerCase(std::string_view text) {
  return changed(text, [](std::uint32_t c, std::string& out) {
    c == 0x130 ? static_cast<void>(out += "i\xCC\x87") : appendLower(out, c);  // the one that becomes two
    return true;
  });
}

std::string withoutMarks(std::string_view text, bool onlyNonspacing) {
  return changed(text, [&](std::uint32_t c, std::string&) { return c >= 0x300 && isMark(c, onlyNonspacing); });
}

std::string cleanedAsBert(std::string_view text) {
  return changed(text, [](std::uint32_t c, std::string& out) {
    if (c > 0x20 && c < 0x7F) return false;
    if (isWhiteSpace(c) && (c == '\t' || c == '\n' || c == '\r' || !isOther(c))) {
      out += ' ';
      return true;
    }
    return c == 0 || c == 0xFFFD || isOther(c);
  });
}

std::string withIdeographsApart(std::string_view text) {
  return changed(text, [](std::uint32_t c, std::string& out) {
    if (!isIdeograph(c)) return false;
    out += ' ';
    appendUtf8(out, c);
    out += ' ';
    return true;
  });
}

std::string cleanedAsNmt(std::string_view text) {
  return changed(text, [](std::uint32_t c, std::string& out) {
    const bool isBlank = c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
                         (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
                         c == 0xFFFD;
    if (isBlank) out += ' ';
    return isBlank || (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || c == 0x8F ||
           c == 0x9F;
  });
}

}  // namespace core::text
