// Methods of strings that look for others in them.
#include <algorithm>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_functions.h"
#include "core/text/jinja/text_methods.h"
#include "core/text/jinja/text_search.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

template <typename Predicate>
bool anyAffix(const Value& affix, std::string_view method, Budget& budget, const Predicate& holds) {
  if (!affix.isList()) return holds(textArgument(affix, method, budget));
  const List list = affix.list(budget);
  return std::any_of(list.begin(), list.end(),
                     [&](const Value& one) { return holds(textArgument(one, method, budget)); });
}

Value startsWith(const std::string& self, const Arguments& arguments, Budget& budget) {
  return Value(anyAffix(required(arguments, 0, "prefix", "startswith()"), "startswith()", budget,
                        [&](const std::string& affix) { return self.starts_with(affix); }));
}

Value endsWith(const std::string& self, const Arguments& arguments, Budget& budget) {
  return Value(anyAffix(required(arguments, 0, "suffix", "endswith()"), "endswith()", budget,
                        [&](const std::string& affix) { return self.ends_with(affix); }));
}

Value removePrefix(const std::string& self, const Arguments& arguments, Budget& budget) {
  const std::string& affix = textArgument(required(arguments, 0, "prefix", "removeprefix()"), "removeprefix()", budget);
  return newText(std::string_view(self).substr(self.starts_with(affix) ? affix.size() : 0), budget);
}

Value removeSuffix(const std::string& self, const Arguments& arguments, Budget& budget) {
  const std::string& affix = textArgument(required(arguments, 0, "suffix", "removesuffix()"), "removesuffix()", budget);
  return newText(std::string_view(self).substr(0, self.size() - (self.ends_with(affix) ? affix.size() : 0)), budget);
}

/// A place in bytes as a place in characters; −1 for nowhere.
Value characterPlace(std::string_view text, std::size_t at) {
  if (at == std::string_view::npos) return Value(std::int64_t{-1});
  return Value(static_cast<std::int64_t>(countCharacters(text.substr(0, at))));
}

/// The part of a text that find(sub, start, end) looks at, and the characters before it.
struct Searched {
  std::string_view text;
  std::int64_t before = 0;
};

Searched searchedPart(std::string_view text, const Arguments& arguments, Budget& budget) {
  const Value* start = arguments.find(1, "start");
  const Value* end = arguments.find(2, "end");
  if (start == nullptr && end == nullptr) return {text, 0};
  budget.read(text.size());
  const auto length = static_cast<std::int64_t>(countCharacters(text));
  const auto place = [&](const Value* given, std::int64_t usual) {
    const std::int64_t at = given == nullptr || given->isNone() ? usual : integerArgument(*given, "A place");
    return std::clamp<std::int64_t>(at < 0 ? std::max<std::int64_t>(at, -length) + length : at, 0, length);
  };
  const std::int64_t from = place(start, 0);
  std::string_view rest = text;
  for (std::int64_t i = 0; i < from; ++i) rest.remove_prefix(firstCharacter(rest).length);
  std::size_t bytes = 0;
  for (std::int64_t i = from; i < place(end, length); ++i) bytes += firstCharacter(rest.substr(bytes)).length;
  return {rest.substr(0, bytes), from};
}

template <Ends from>
Value find(const std::string& self, const Arguments& arguments, Budget& budget) {
  const std::string& part = textArgument(required(arguments, 0, "sub", "find()"), "find()", budget);
  const Searched searched = searchedPart(self, arguments, budget);
  const TextSearch search(part, budget);
  std::size_t at = std::string_view::npos;
  if (from == Ends::Left) {
    at = search.find(searched.text);
  } else if (part.empty()) {
    at = searched.text.size();
  } else {
    const auto places = search.findAll(searched.text);
    if (!places.empty()) at = places.back();
  }
  const Value found = characterPlace(searched.text, at);
  return at == std::string_view::npos ? found : Value(*found.integer() + searched.before);
}

/// find() for what must be there.
template <Ends from>
Value index(const std::string& self, const Arguments& arguments, Budget& budget) {
  Value found = find<from>(self, arguments, budget);
  if (*found.integer() < 0) fail("index() finds nothing.");
  return found;
}

Value count(const std::string& self, const Arguments& arguments, Budget& budget) {
  const std::string& part = textArgument(required(arguments, 0, "sub", "count()"), "count()", budget);
  if (part.empty()) return Value(static_cast<std::int64_t>(countCharacters(self)) + 1);
  const TextSearch search(part, budget);
  std::int64_t found = 0;
  for (std::size_t at = search.find(self); at != std::string_view::npos; at = search.find(self, at + part.size())) {
    ++found;
  }
  return Value(found);
}

}  // namespace

const TextMethods& searchingMethods() {
  static const TextMethods methods = {
      {"startswith", startsWith},     {"endswith", endsWith},         {"removeprefix", removePrefix},
      {"removesuffix", removeSuffix}, {"find", find<Ends::Left>},     {"rfind", find<Ends::Right>},
      {"index", index<Ends::Left>},   {"rindex", index<Ends::Right>}, {"count", count},
  };
  return methods;
}

}  // namespace core::text::jinja
