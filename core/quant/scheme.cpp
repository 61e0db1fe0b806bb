#include "core/quant/scheme.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/base/similar_word.h"
#include "core/quant/scheme_options.h"
#include "core/quant/scheme_spelling.h"

namespace core::quant {

namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& sentence) {
  throw Error(ErrorCode::InvalidArgument, sentence, std::string(text));
}

FormatName parseName(std::string_view word, std::string_view text) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::vector<std::string_view> names;
  for (const FormatInfo& entry : allFormats()) {
    if (entry.text == word) return entry.name;
    if (entry.text == lower)
      refuse(text, fmt::format("Scheme names are lower case: expected '{}', found '{}'.", entry.text, word));
    names.push_back(entry.text);
  }
  for (const std::string_view spelling : schemeSpellings()) {
    if (spelling == lower)
      refuse(text, fmt::format("Scheme names are lower case: expected '{}', found '{}'.", spelling, word));
    names.push_back(spelling);
  }
  if (word.empty()) refuse(text, "A scheme begins with a name, such as 'int4'; found none.");
  refuse(text, fmt::format("No scheme is called '{}'; the nearest is '{}'.", word, core::mostSimilar(lower, names)));
}

struct Word {
  std::string_view key, value;
  bool isUsed = false;
};

std::vector<Word> splitOptions(std::string_view rest, std::string_view text) {
  std::vector<Word> words;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    const std::string_view option = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos)
      refuse(text, fmt::format("Options of a scheme are written key=value, separated by commas; found '{}'.", option));
    const std::string_view key = option.substr(0, equals);
    if (std::any_of(words.begin(), words.end(), [&](const Word& word) { return word.key == key; }))
      refuse(text, fmt::format("The option '{}' is given twice in '{}'.", key, text));
    words.push_back({key, option.substr(equals + 1)});
  }
  return words;
}

/// method=mse is another way to write range=mse: the range with the least error is a way to choose codes, too.
void acceptMethodMse(std::vector<Word>& words, FormatName name, std::string_view text) {
  const auto find = [&words](std::string_view key) {
    return std::find_if(words.begin(), words.end(), [key](const Word& word) { return word.key == key; });
  };
  const auto method = find("method"), range = find("range");
  if (method == words.end() || method->value != "mse" || family(name) != Family::Integer) return;
  if (range == words.end()) {
    method->key = "range";
  } else if (range->value == "mse") {
    words.erase(method);
  } else {
    refuse(text, fmt::format("'method=mse' chooses the range itself: expected 'range=mse' or none, found 'range={}'.",
                             range->value));
  }
}

/// "'rtn' or 'imatrix'": the words that this scheme can have, or what the table says of numbers.
std::string allowedFor(const SchemeOption& option, const Scheme& scheme) {
  if (!option.usual.empty()) return std::string(option.allowed);
  std::vector<std::string> values = valuesOf(option, scheme);
  if (values.empty()) return std::string(option.allowed);
  for (std::string& value : values) value = fmt::format("'{}'", value);
  const std::string last = values.back();
  values.pop_back();
  return values.empty() ? last : fmt::format("{} or {}", fmt::join(values, ", "), last);
}

/// "the options 'group', 'range' and 'scales'"
std::string optionsOf(const Scheme& scheme) {
  std::vector<std::string> keys;
  for (const SchemeOption& option : schemeOptions())
    if (option.belongsTo(scheme)) keys.push_back(fmt::format("'{}'", option.key));
  if (keys.empty()) return "no options";
  if (keys.size() == 1) return "the option " + keys.front();
  const std::string last = keys.back();
  keys.pop_back();
  return fmt::format("the options {} and {}", fmt::join(keys, ", "), last);
}

}  // namespace

Scheme Scheme::parse(std::string_view text) {
  if (const auto canonical = spelledOut(text)) return parse(*canonical);
  const std::size_t colon = text.find(':');
  Scheme scheme = defaults(parseName(text.substr(0, colon), text));
  if (colon == std::string_view::npos) return scheme;
  std::vector<Word> words = splitOptions(text.substr(colon + 1), text);
  acceptMethodMse(words, scheme.format.name, text);
  for (const SchemeOption& option : schemeOptions()) {
    option.reset(scheme);  // its default may follow from the options before it
    if (!option.belongsTo(scheme)) continue;
    const auto word = std::find_if(words.begin(), words.end(), [&](const Word& w) { return w.key == option.key; });
    if (word == words.end()) continue;
    word->isUsed = true;
    const Scheme before = scheme;
    if (!option.read(scheme, word->value))
      refuse(text, fmt::format("'{}' must be {}; found '{}'.", option.key, allowedFor(option, before), word->value));
  }
  for (const Word& word : words)
    if (!word.isUsed)
      refuse(text, fmt::format("'{}' takes {}; found '{}'.", quant::toString(scheme.format.name), optionsOf(scheme),
                               word.key));
  return scheme;
}

Scheme Scheme::defaults(FormatName name) {
  Scheme scheme{defaultFormat(name), Method(), Activations(), ComputeType::Fp32};
  for (const SchemeOption& option : schemeOptions()) option.reset(scheme);
  return scheme;
}

std::string Scheme::toString() const {
  std::string options;
  for (const SchemeOption& option : schemeOptions())
    if (option.belongsTo(*this) && !isDefault(option, *this))
      options += fmt::format("{}{}={}", options.empty() ? ":" : ",", option.key, option.print(*this));
  return std::string(quant::toString(format.name)) + options;
}

std::string Scheme::problem() const {
  for (const SchemeOption& option : schemeOptions()) {
    if (!option.belongsTo(*this) && !isDefault(option, *this))
      return fmt::format("The options of '{}' do not belong to it.", toString());
    if (option.belongsTo(*this) && !option.isValid(*this))
      return fmt::format("'{}' must be {}; found '{}'.", option.key, option.allowed, option.print(*this));
  }
  return {};
}

std::string Scheme::displayName() const {
  std::string result(info(format.name).display);
  for (const SchemeOption& option : schemeOptions()) {
    if (option.display == nullptr || !option.belongsTo(*this)) continue;
    const std::string words = option.display(*this);
    if (words.empty()) continue;
    // Whose codes they are comes first: people say GPTQ INT4.
    const bool isFirst = option.key == "method" && method.name != MethodName::ImportanceMatrix;
    result = isFirst ? words + " · " + result : result + " · " + words;
  }
  return result;
}

}  // namespace core::quant
