// What a person can do to a scheme option by option; the table itself is in scheme_options.cpp.
#include "core/quant/scheme_options.h"

namespace core::quant {

namespace {

/// The words between blanks.
std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    result.push_back(text.substr(0, blank));
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
  }
  return result;
}

/// The words in quotes of "'on' or 'off'".
std::vector<std::string_view> quotedWords(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t open = text.find('\''); open != std::string_view::npos;) {
    const std::size_t close = text.find('\'', open + 1);
    if (close == std::string_view::npos) break;
    words.push_back(text.substr(open + 1, close - open - 1));
    open = text.find('\'', close + 1);
  }
  return words;
}

/// The options of `scheme` carried over to `name`, one of them with another value.
std::optional<Scheme> carry(const Scheme& scheme, FormatName name, std::string_view key, std::string_view value) {
  Scheme result = Scheme::defaults(name);
  bool isSet = key.empty();
  for (const SchemeOption& option : schemeOptions()) {
    option.reset(result);  // its default may follow from the options before it
    if (!option.belongsTo(result)) continue;
    if (option.key == key) {
      if (!option.read(result, value)) return std::nullopt;
      isSet = true;
    } else if (option.belongsTo(scheme) && !isDefault(option, scheme)) {
      Scheme kept = result;
      if (option.read(kept, option.print(scheme))) result = kept;
    }
  }
  return isSet ? std::optional(result) : std::nullopt;
}

}  // namespace

bool isDefault(const SchemeOption& option, const Scheme& scheme) {
  Scheme standard = scheme;
  option.reset(standard);
  return standard == scheme;
}

std::vector<std::string> valuesOf(const SchemeOption& option, const Scheme& scheme) {
  std::vector<std::string_view> values = words(option.usual);
  const auto quoted = quotedWords(option.allowed);
  values.insert(values.end(), quoted.begin(), quoted.end());
  std::vector<std::string> result;
  for (const std::string_view value : values)
    if (const auto edited = withOption(scheme, option.key, value); edited && option.print(*edited) == value)
      result.emplace_back(value);
  return result;
}

std::optional<Scheme> withOption(const Scheme& scheme, std::string_view key, std::string_view value) {
  return carry(scheme, scheme.format.name, key, value);
}

Scheme withFormat(const Scheme& scheme, FormatName name) { return *carry(scheme, name, {}, {}); }

const SchemeOption* sharingOption(const Scheme& scheme) {
  for (const SchemeOption& option : schemeOptions()) {
    if (!option.belongsTo(scheme)) continue;
    // The options of the grouping are those whose value changes it.
    for (const std::string& value : valuesOf(option, scheme))
      if (withOption(scheme, option.key, value)->format.grouping != scheme.format.grouping) return &option;
  }
  return nullptr;
}

}  // namespace core::quant
