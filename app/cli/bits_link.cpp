#include "app/cli/bits_link.h"

#include <algorithm>
#include <cctype>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/numeric/typed_text.h"

namespace app::cli {

namespace {

constexpr std::string_view kScheme = "quantscope://";
constexpr std::size_t kMaxLength = 8192;

[[noreturn]] void refuseLink(const std::string& sentence) {
  throw core::Error(core::ErrorCode::InvalidArgument, sentence);
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hexDigit(text[i + 1]) : -1, low = high < 0 ? -1 : hexDigit(text[i + 2]);
    if (low < 0)
      refuseLink("In a link a percent sign stands before two hexadecimal digits, but found " +
                 core::io::inQuotes(text) + ".");
    result += static_cast<char>(16 * high + low);
    i += 2;
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

/// Calls body(part) for what stands between separators.
template <typename Body>
void forEachPart(std::string_view text, char separator, const Body& body) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) body(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

bool isLink(std::string_view text) {
  text = trimmed(text);
  if (text.size() < kScheme.size()) return false;
  return std::equal(kScheme.begin(), kScheme.end(), text.begin(),
                    [](char a, char b) { return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b))); });
}

BitsLink parseBitsLink(std::string_view text) {
  text = trimmed(text);
  if (text.size() > kMaxLength) refuseLink("A link may have up to 8192 characters.");
  std::string_view rest = text.substr(kScheme.size());
  const std::size_t question = std::min(rest.find('?'), rest.size());
  BitsLink link;
  forEachPart(rest.substr(0, question), '/', [&](std::string_view part) { link.path.push_back(decoded(part)); });
  if (link.path.empty() || core::numeric::lowerTrimmed(link.path.front()) != "bits")
    refuseLink("A link to a number begins with quantscope://bits, but found " + core::io::inQuotes(text) + ".");
  link.path.erase(link.path.begin());
  forEachPart(rest.substr(std::min(question + 1, rest.size())), '&', [&](std::string_view pair) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string key = decoded(pair.substr(0, equals));
    const std::string value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!link.query.emplace(key, value).second)
      refuseLink("A link says each key once, but found two of " + core::io::inQuotes(key) + ".");
  });
  return link;
}

}  // namespace app::cli
