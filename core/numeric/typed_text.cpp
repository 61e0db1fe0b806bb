#include "core/numeric/typed_text.h"

#include <algorithm>
#include <array>

namespace core::numeric {

namespace {

struct Replacement {
  std::string_view from, to;
};

/// In UTF-8.
constexpr std::array kReplacements = {
    Replacement{"\u2212", "-"},   Replacement{"\u2013", "-"}, Replacement{"\u00a0", ""},  Replacement{"\u2007", ""},
    Replacement{"\u2009", ""},    Replacement{"\u200a", ""},  Replacement{"\u200b", ""},  Replacement{"\u202f", ""},
    Replacement{"\u221e", "inf"}, Replacement{"\u207b", "-"}, Replacement{"\u2070", "0"}, Replacement{"\u00b9", "1"},
    Replacement{"\u00b2", "2"},   Replacement{"\u00b3", "3"}, Replacement{"\u2074", "4"}, Replacement{"\u2075", "5"},
    Replacement{"\u2076", "6"},   Replacement{"\u2077", "7"}, Replacement{"\u2078", "8"}, Replacement{"\u2079", "9"},
    Replacement{"×", "*"},        Replacement{"\u00b7", "*"}, Replacement{"\u22c5", "*"}, Replacement{"÷", "/"},
    Replacement{"\u2215", "/"}};

/// U+2070, U+00B9, U+00B2, U+00B3, U+2074 … U+2079 and U+207B.
bool startsWithSuperscript(std::string_view text) {
  for (const char* one :
       {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074", "\u2075", "\u2076", "\u2077", "\u2078", "\u2079", "\u207b"})
    if (text.starts_with(one)) return true;
  return false;
}

/// Bytes of a "×10^" or of a "×10" before a superscript at the front of the text; otherwise 0.
std::size_t timesTen(std::string_view text) {
  std::string_view rest = text;
  const auto skipSpace = [&] { rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size())); };
  skipSpace();
  if (!rest.starts_with("×")) return 0;
  rest.remove_prefix(std::string_view("×").size());
  skipSpace();
  if (!rest.starts_with("10")) return 0;
  rest.remove_prefix(2);
  if (rest.starts_with('^'))
    rest.remove_prefix(1);
  else if (!startsWithSuperscript(rest))
    return 0;
  return text.size() - rest.size();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::size_t digitsAt(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && text[at + count] >= '0' && text[at + count] <= '9') ++count;
  return count;
}

/// Whether every comma is followed by exactly three digits and the first preceded by one to three, not a 0 alone.
bool groupsThousands(std::string_view text) {
  const std::size_t lead = digitsAt(text, 0);
  if (lead < 1 || lead > 3 || text[0] == '0') return false;
  for (std::size_t at = text.find(','); at != std::string_view::npos; at = text.find(',', at + 1))
    if (digitsAt(text, at + 1) != 3) return false;
  return text[lead] == ',';
}

std::string withoutCommas(std::string text) {
  const auto commas = std::count(text.begin(), text.end(), ',');
  if (commas == 0) return text;
  const std::size_t point = text.find('.');
  if (groupsThousands(text)) {
    const bool certain = commas > 1 || (point != std::string::npos && point > text.rfind(','));
    if (certain) text.erase(std::remove(text.begin(), text.end(), ','), text.end());
  } else if (commas == 1 && point == std::string::npos) {
    text[text.find(',')] = '.';
  }
  return text;
}

/// Every number of the text without commas.
std::string withDecimalPoints(std::string_view text) {
  constexpr std::string_view kOfNumbers = "0123456789.,";
  std::string plain;
  while (!text.empty()) {
    const std::size_t start = std::min(text.find_first_of(kOfNumbers), text.size());
    const std::size_t end = std::min(text.find_first_not_of(kOfNumbers, start), text.size());
    plain += text.substr(0, start);
    plain += withoutCommas(std::string(text.substr(start, end - start)));
    text.remove_prefix(end);
  }
  return plain;
}

/// What stands in "float.fromhex('…')" and "float('…')" of Python; any other text as it is.
std::string_view withoutPythonCall(std::string_view text) {
  for (const std::string_view call : {"float.fromhex('", "float('"})
    if (text.starts_with(call) && text.ends_with("')") && text.size() > call.size() + 2)
      return text.substr(call.size(), text.size() - call.size() - 2);
  return text;
}

/// Bytes of the UTF-8 letter at the front of the text; 0 when there is none that a terminal would only draw.
std::size_t drawableLetter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  if (byte(0) < 0x80) return byte(0) >= 0x20 && byte(0) != 0x7f ? 1 : 0;
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : byte(0) >= 0xc2 ? 2 : 0;
  if (length == 0 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  return byte(0) == 0xc2 && byte(1) < 0xa0 ? 0 : length;  // U+0080 … U+009F control a terminal, too
}

}  // namespace

std::string lowerTrimmed(std::string_view text) {
  std::string lower(trimmed(text));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string shortQuote(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::string shown;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = drawableLetter(text.substr(at));
    if (shown.size() + std::max<std::size_t>(length, 1) > kShown) break;
    shown += length == 0 ? std::string_view("?") : text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return '"' + shown + (at < text.size() ? "…\"" : "\"");
}

std::string plainNumberText(std::string_view typed) {
  std::string text;
  std::string_view rest = withoutPythonCall(trimmed(typed));
  while (!rest.empty()) {
    if (const std::size_t length = timesTen(rest); length != 0) {
      text += 'e';
      rest.remove_prefix(length);
      continue;
    }
    if (const std::size_t blanks = std::min(rest.find_first_not_of(' '), rest.size()); blanks != 0) {
      text.append(blanks, ' ');  // all of a run at once: timesTen() has looked beyond it
      rest.remove_prefix(blanks);
      continue;
    }
    const auto found = std::find_if(kReplacements.begin(), kReplacements.end(),
                                    [&](const Replacement& one) { return rest.starts_with(one.from); });
    if (found != kReplacements.end()) {
      text += found->to;
      rest.remove_prefix(found->from.size());
      continue;
    }
    const char c = rest.front();
    text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    rest.remove_prefix(1);
  }
  return withDecimalPoints(trimmed(text));
}

}  // namespace core::numeric
