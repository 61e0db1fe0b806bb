#include "core/text/oniguruma_expression.h"

#include <algorithm>
#include <array>

namespace core::text {

namespace {

constexpr std::array<std::string_view, 23> kScripts = {
    "Arabic",   "Armenian", "Bengali", "Cyrillic",  "Devanagari", "Ethiopic", "Georgian", "Greek",
    "Gujarati", "Gurmukhi", "Han",     "Hangul",    "Hebrew",     "Hiragana", "Kannada",  "Katakana",
    "Khmer",    "Lao",      "Latin",   "Malayalam", "Tamil",      "Telugu",   "Thai"};

std::string withScripts(std::string_view expression) {
  std::string out;
  for (std::size_t at = 0; at < expression.size();) {
    const bool isProperty = expression.compare(at, 3, R"(\p{)") == 0 || expression.compare(at, 3, R"(\P{)") == 0;
    const std::size_t end = isProperty ? expression.find('}', at) : std::string_view::npos;
    if (end != std::string_view::npos) {
      const std::string_view name = expression.substr(at + 3, end - at - 3);
      out += expression.substr(at, 3);
      if (std::ranges::find(kScripts, name) != kScripts.end()) out += "sc:";
      out += name;
      at = end;
      continue;
    }
    const std::size_t length = expression[at] == '\\' && at + 1 < expression.size() ? 2 : 1;
    out += expression.substr(at, length);
    at += length;
  }
  return out;
}

/// The bracket that ends a class whose inside begins at a place; the expression's end where there is none.
std::size_t endOfClass(std::string_view expression, std::size_t at) {
  for (; at < expression.size(); ++at) {
    if (expression[at] == '\\') {
      ++at;
    } else if (expression[at] == ']') {
      return at;
    }
  }
  return expression.size();
}

}  // namespace

std::string fromOniguruma(std::string_view expression) {
  std::string out;
  for (std::size_t at = 0; at < expression.size();) {
    if (expression[at] == '\\' && at + 1 < expression.size()) {
      out += expression.substr(at, 2);
      at += 2;
      continue;
    }
    if (expression[at] != '[') {
      out += expression[at++];
      continue;
    }
    const std::size_t first = at + 1 + (expression.substr(at + 1).starts_with('^') ? 1 : 0);
    // A bracket in front is one of the class.
    const std::size_t end = endOfClass(expression, first + (expression.substr(first).starts_with(']') ? 1 : 0));
    const std::size_t cut = std::min(expression.substr(0, end).find("&&[", first), expression.size());
    if (cut < end && expression.substr(end).starts_with("]]") && first == at + 1) {
      const std::string_view other = expression.substr(cut + 2, end + 1 - cut - 2);  // "[^…]" or "[…]"
      const bool isWithout = other.starts_with("[^");
      out += isWithout ? "(?:(?![" : "(?:(?=[";
      out += other.substr(isWithout ? 2 : 1);
      out += ")[";
      out += expression.substr(first, cut - first);
      out += "])";
      at = end + 2;
      continue;
    }
    out += expression.substr(at, end - at);
    at = end;
    if (at < expression.size()) out += expression[at++];
  }
  return withScripts(out);
}

}  // namespace core::text
