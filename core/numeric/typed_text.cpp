#include "core/numeric/typed_text.h"

#include <algorithm>
#include <array>

namespace core::numeric {

namespace {

struct Replacement {
  std::string_view from, to;
};

/// In UTF-8. What follows a "×10" is found by its superscripts.
constexpr std::array kReplacements = {
    Replacement{"\u2212", "-"}, Replacement{"\u2013", "-"},     Replacement{"\u00a0", ""},
    Replacement{"\u2007", ""},  Replacement{"\u2009", ""},      Replacement{"\u200a", ""},
    Replacement{"\u200b", ""},  Replacement{"\u202f", ""},      Replacement{"\u221e", "inf"},
    Replacement{"×10^", "e"},   Replacement{"×10\u207b", "e-"}, Replacement{"×10", "e"},
    Replacement{"\u2070", "0"}, Replacement{"\u00b9", "1"},     Replacement{"\u00b2", "2"},
    Replacement{"\u00b3", "3"}, Replacement{"\u2074", "4"},     Replacement{"\u2075", "5"},
    Replacement{"\u2076", "6"}, Replacement{"\u2077", "7"},     Replacement{"\u2078", "8"},
    Replacement{"\u2079", "9"}};

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
  const std::size_t start = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const std::size_t lead = digitsAt(text, start);
  if (lead < 1 || lead > 3 || text[start] == '0') return false;
  for (std::size_t at = text.find(','); at != std::string_view::npos; at = text.find(',', at + 1))
    if (digitsAt(text, at + 1) != 3) return false;
  return text[start + lead] == ',';
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

}  // namespace

std::string plainNumberText(std::string_view typed) {
  std::string text;
  std::string_view rest = trimmed(typed);
  while (!rest.empty()) {
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
  return withoutCommas(std::string(trimmed(text)));
}

}  // namespace core::numeric
