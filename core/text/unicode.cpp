#include "core/text/unicode.h"

#include <utf8proc.h>

namespace core::text {

namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

}  // namespace

std::string replaceInvalidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = firstCharacter(text);
    if (step.kind == Utf8Kind::Complete) {
      out += text.substr(0, step.length);
    } else {
      appendUtf8(out, kReplacement);
    }
    text.remove_prefix(step.length);
  }
  return out;
}

void appendUtf8(std::string& out, std::uint32_t codePoint) {
  utf8proc_uint8_t bytes[4];
  if (utf8proc_codepoint_valid(static_cast<utf8proc_int32_t>(codePoint)) == 0) codePoint = kReplacement;
  const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(codePoint), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

std::size_t countCharacters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(firstCharacter(text).length);
  return count;
}

bool isSpace(std::uint32_t c) {
  if (c <= 0x20) return c == 0x20 || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

void appendUpper(std::string& out, std::uint32_t c) {
  // utf8proc maps one to one; the sharp s is the one common letter whose upper case is two.
  if (c < 0x80) {
    out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 0x20 : c);
  } else if (c == 0xDF) {
    out += "SS";
  } else {
    appendUtf8(out, static_cast<std::uint32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))));
  }
}

void appendLower(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
  } else {
    appendUtf8(out, static_cast<std::uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
  }
}

void appendTitle(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    appendUpper(out, c);
  } else if (c == 0xDF) {
    out += "Ss";
  } else {
    appendUtf8(out, static_cast<std::uint32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c))));
  }
}

bool isLetter(std::uint32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return true;
    default:
      return false;
  }
}

bool isDigit(std::uint32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND; }

bool isPrintable(std::uint32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_ZS:
      return c == ' ';
    default:
      return true;
  }
}

bool isWordCharacter(std::uint32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:
      return isLetter(c) || c == 0x200C || c == 0x200D;
  }
}

}  // namespace core::text
