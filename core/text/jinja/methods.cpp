// Methods of strings and dictionaries, as Python has them.
#include <algorithm>
#include <map>

#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_functions.h"
#include "core/text/jinja/text_search.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

using TextMethod = Value (*)(const std::string& self, const Arguments& arguments, Budget& budget);

/// The set of characters strip() is given; white space when it is given none.
CharacterSet charactersOf(const Arguments& arguments, Budget& budget) {
  const Value* given = arguments.find(0, "chars");
  const bool all = given == nullptr || given->isNone();
  return {all ? nullptr : &textArgument(*given, "strip()", budget), budget};
}

template <Ends ends>
Value strip(const std::string& self, const Arguments& arguments, Budget& budget) {
  return newText(stripText(self, ends, charactersOf(arguments, budget)), budget);
}

Value splitAtSpaces(std::string_view text, std::int64_t limit, Budget& budget) {
  const CharacterSet spaces(nullptr, budget);
  ListBuilder parts(budget);
  while (true) {
    text = stripText(text, Ends::Left, spaces);
    if (text.empty()) return std::move(parts).value();
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push(stripText(text, Ends::Right, spaces));
      return std::move(parts).value();
    }
    std::size_t end = 0;
    while (end < text.size()) {
      const Utf8Step step = firstCharacter(text.substr(end));
      if (spaces.contains(step.codePoint)) break;
      end += step.length;
    }
    parts.push(text.substr(0, end));
    text.remove_prefix(end);
  }
}

const std::string& separator(const Value& value, std::string_view method, Budget& budget) {
  const std::string& by = textArgument(value, method, budget);
  if (by.empty()) fail(std::string(method) + " needs a separator that is not empty.");
  return by;
}

Value split(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* given = arguments.find(0, "sep");
  const Value* limitArgument = arguments.find(1, "maxsplit");
  const std::int64_t limit = limitArgument == nullptr ? -1 : integerArgument(*limitArgument, "split()");
  if (given == nullptr || given->isNone()) return splitAtSpaces(self, limit, budget);
  const std::string& by = separator(*given, "split()", budget);
  const TextSearch search(by, budget);
  const std::string_view text = self;
  ListBuilder parts(budget);
  std::size_t from = 0;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t at = search.find(text, from);
    if (at == std::string_view::npos) break;
    parts.push(text.substr(from, at - from));
    from = at + by.size();
  }
  parts.push(text.substr(from));
  return std::move(parts).value();
}

Value rsplit(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* limitArgument = arguments.find(1, "maxsplit");
  const std::int64_t limit = limitArgument == nullptr ? -1 : integerArgument(*limitArgument, "rsplit()");
  if (limit < 0) return split(self, arguments, budget);
  const std::string& by = separator(required(arguments, 0, "sep", "rsplit() with a limit"), "rsplit()", budget);
  const std::string_view text = self;
  const std::vector<std::size_t> places = TextSearch(by, budget).findAll(text);
  ListBuilder parts(budget);
  std::size_t end = text.size();  // of what is not yet split off
  for (auto at = places.rbegin(); at != places.rend(); ++at) {
    if (static_cast<std::int64_t>(parts.size()) == limit) break;
    if (*at + by.size() > end) continue;  // overlaps the one to its right
    parts.push(text.substr(*at + by.size(), end - *at - by.size()));
    end = *at;
  }
  parts.push(text.substr(0, end));
  parts.reverse();
  return std::move(parts).value();
}

Value splitLines(const std::string& self, const Arguments&, Budget& budget) {
  const std::string_view text = self;
  ListBuilder lines(budget);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", from), text.size());
    lines.push(text.substr(from, end - from));
    from = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
  }
  return std::move(lines).value();
}

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

template <Letters letters>
Value withCase(const std::string& self, const Arguments&, Budget& budget) {
  return newText(changeCase(self, letters, budget), budget);
}

template <auto holds>
Value allCharacters(const std::string& self, const Arguments&, Budget& budget) {
  budget.step(self.size() / 8);  // what every character is takes longer than looking at it
  for (std::string_view rest = self; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    if (!holds(step.codePoint)) return Value(false);
    rest.remove_prefix(step.length);
  }
  return Value(!self.empty());
}

bool isAlphanumeric(std::uint32_t character) { return isLetter(character) || isDigit(character); }

/// A place in bytes as a place in characters; −1 for nowhere.
Value characterPlace(std::string_view text, std::size_t at) {
  if (at == std::string_view::npos) return Value(std::int64_t{-1});
  return Value(static_cast<std::int64_t>(countCharacters(text.substr(0, at))));
}

Value find(const std::string& self, const Arguments& arguments, Budget& budget) {
  const TextSearch search(textArgument(required(arguments, 0, "sub", "find()"), "find()", budget), budget);
  return characterPlace(self, search.find(self));
}

Value rfind(const std::string& self, const Arguments& arguments, Budget& budget) {
  const std::string& part = textArgument(required(arguments, 0, "sub", "rfind()"), "rfind()", budget);
  if (part.empty()) return characterPlace(self, self.size());
  const auto places = TextSearch(part, budget).findAll(self);
  return characterPlace(self, places.empty() ? std::string_view::npos : places.back());
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

Value replace(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* limit = arguments.find(2, "count");
  return replaceText(self, textArgument(required(arguments, 0, "old", "replace()"), "replace()", budget),
                     textArgument(required(arguments, 1, "new", "replace()"), "replace()", budget),
                     limit == nullptr ? -1 : integerArgument(*limit, "replace()"), budget);
}

Value join(const std::string& self, const Arguments& arguments, Budget& budget) {
  Text out(budget);
  bool first = true;
  for (const Value& item : iterate(required(arguments, 0, "iterable", "join()"), budget)) {
    if (!first) out += self;
    first = false;
    out += textArgument(item, "join()", budget);
  }
  return std::move(out).value();
}

const std::map<std::string_view, TextMethod>& textMethods() {
  static const std::map<std::string_view, TextMethod> methods = {
      {"strip", strip<Ends::Both>},
      {"lstrip", strip<Ends::Left>},
      {"rstrip", strip<Ends::Right>},
      {"split", split},
      {"rsplit", rsplit},
      {"splitlines", splitLines},
      {"startswith", startsWith},
      {"endswith", endsWith},
      {"removeprefix", removePrefix},
      {"removesuffix", removeSuffix},
      {"title", withCase<Letters::TitleOfMethod>},
      {"upper", withCase<Letters::Upper>},
      {"lower", withCase<Letters::Lower>},
      {"capitalize", withCase<Letters::Capitalized>},
      {"find", find},
      {"rfind", rfind},
      {"count", count},
      {"replace", replace},
      {"join", join},
      {"isspace", allCharacters<isSpace>},
      {"isalpha", allCharacters<isLetter>},
      {"isdigit", allCharacters<isDigit>},
      {"isalnum", allCharacters<isAlphanumeric>},
  };
  return methods;
}

Value callTextMethod(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  return textMethods().at(callable.name)(*callable.self.text(interpreter.budget()), arguments, interpreter.budget());
}

Value get(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  const Value* found = callable.self.dict(interpreter.budget()).find(required(arguments, 0, "key", "get()"));
  if (found != nullptr) return *found;
  const Value* otherwise = arguments.find(1, "default");
  return otherwise == nullptr ? Value::none() : *otherwise;
}

Value items(Interpreter& interpreter, const Callable& callable, const Arguments&) {
  ListBuilder out(interpreter.budget());
  for (const auto& [key, value] : callable.self.dict(interpreter.budget())) {
    out.push(newPair(key, value, interpreter.budget()));
  }
  return std::move(out).value();
}

Value keys(Interpreter& interpreter, const Callable& callable, const Arguments&) {
  ListBuilder out(interpreter.budget());
  for (const auto& entry : callable.self.dict(interpreter.budget())) out.push(entry.first);
  return std::move(out).value();
}

Value values(Interpreter& interpreter, const Callable& callable, const Arguments&) {
  ListBuilder out(interpreter.budget());
  for (const auto& entry : callable.self.dict(interpreter.budget())) out.push(entry.second);
  return std::move(out).value();
}

const std::map<std::string_view, Callable::Function>& dictMethods() {
  static const std::map<std::string_view, Callable::Function> methods = {
      {"get", get}, {"items", items}, {"keys", keys}, {"values", values}};
  return methods;
}

}  // namespace

Value boundMethod(const Value& object, std::string_view name, Budget& budget) {
  if (object.isDict()) {
    const auto found = dictMethods().find(name);
    if (found != dictMethods().end()) return Value::callable({found->first, found->second, object}, budget);
  } else if (object.isText()) {
    const auto found = textMethods().find(name);
    if (found != textMethods().end()) return Value::callable({found->first, callTextMethod, object}, budget);
  }
  return {};
}

}  // namespace core::text::jinja
