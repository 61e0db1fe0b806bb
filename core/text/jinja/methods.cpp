// Methods of strings and dictionaries, as Python has them.
#include <algorithm>
#include <map>

#include "core/text/jinja/globals.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

using TextMethod = Value (*)(const std::string& self, const Arguments& arguments, Budget& budget);

bool inSet(std::uint32_t character, const std::string* characters) {
  if (characters == nullptr) return isSpace(character);
  for (std::string_view rest = *characters; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    if (step.codePoint == character) return true;
    rest.remove_prefix(step.length);
  }
  return false;
}

template <Ends ends>
Value strip(const std::string& self, const Arguments& arguments, Budget&) {
  const Value* given = arguments.find(0, "chars");
  const bool all = given == nullptr || given->isNone();
  return Value(stripText(self, ends, all ? nullptr : &textArgument(*given, "strip()")));
}

std::vector<Value> splitAtSpaces(std::string_view text, std::int64_t limit) {
  std::vector<Value> parts;
  while (true) {
    std::string rest = stripText(text, Ends::Left, nullptr);
    if (rest.empty()) return parts;
    text.remove_prefix(text.size() - rest.size());
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.emplace_back(stripText(text, Ends::Right, nullptr));
      return parts;
    }
    std::size_t end = 0;
    while (end < text.size() && !isSpace(firstCharacter(text.substr(end)).codePoint)) {
      end += firstCharacter(text.substr(end)).length;
    }
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

Value split(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* separator = arguments.find(0, "sep");
  const Value* limitArgument = arguments.find(1, "maxsplit");
  const std::int64_t limit = limitArgument == nullptr ? -1 : integerArgument(*limitArgument, "split()");
  budget.charge(self.size());
  if (separator == nullptr || separator->isNone()) {
    // Every part copies what is left of the text; bounded here rather than clever.
    budget.charge(self.size() / 64 * (self.size() / 1024 + 1));
    return Value::list(splitAtSpaces(self, limit));
  }
  const std::string& by = textArgument(*separator, "split()");
  if (by.empty()) fail("split() needs a separator that is not empty.");
  std::vector<Value> parts;
  std::size_t from = 0;
  for (std::size_t at = self.find(by); at != std::string::npos; at = self.find(by, from)) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) break;
    parts.emplace_back(self.substr(from, at - from));
    from = at + by.size();
  }
  parts.emplace_back(self.substr(from));
  return Value::list(std::move(parts));
}

Value rsplit(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* limitArgument = arguments.find(1, "maxsplit");
  const std::int64_t limit = limitArgument == nullptr ? -1 : integerArgument(*limitArgument, "rsplit()");
  if (limit < 0) return split(self, arguments, budget);
  const std::string& by = textArgument(required(arguments, 0, "sep", "rsplit() with a limit"), "rsplit()");
  if (by.empty()) fail("rsplit() needs a separator that is not empty.");
  budget.charge(self.size());
  std::vector<Value> parts;
  std::string rest = self;
  while (static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t at = rest.rfind(by);
    if (at == std::string::npos) break;
    budget.charge(rest.size() / 16);
    parts.emplace_back(rest.substr(at + by.size()));
    rest.resize(at);
  }
  parts.emplace_back(std::move(rest));
  std::reverse(parts.begin(), parts.end());
  return Value::list(std::move(parts));
}

Value splitLines(const std::string& self, const Arguments&, Budget& budget) {
  budget.charge(self.size());
  std::vector<Value> lines;
  for (std::size_t from = 0; from < self.size();) {
    const std::size_t end = std::min(self.find_first_of("\r\n", from), self.size());
    lines.emplace_back(self.substr(from, end - from));
    from = end + (self.compare(end, 2, "\r\n") == 0 ? 2 : 1);
  }
  return Value::list(std::move(lines));
}

template <typename Predicate>
bool anyAffix(const Value& affix, std::string_view method, Predicate&& holds) {
  if (affix.list() == nullptr) return holds(textArgument(affix, method));
  return std::any_of(affix.list()->items.begin(), affix.list()->items.end(),
                     [&](const Value& one) { return holds(textArgument(one, method)); });
}

Value startsWith(const std::string& self, const Arguments& arguments, Budget&) {
  return Value(anyAffix(required(arguments, 0, "prefix", "startswith()"), "startswith()",
                        [&](const std::string& affix) { return self.starts_with(affix); }));
}

Value endsWith(const std::string& self, const Arguments& arguments, Budget&) {
  return Value(anyAffix(required(arguments, 0, "suffix", "endswith()"), "endswith()",
                        [&](const std::string& affix) { return self.ends_with(affix); }));
}

Value removePrefix(const std::string& self, const Arguments& arguments, Budget&) {
  const std::string& affix = textArgument(required(arguments, 0, "prefix", "removeprefix()"), "removeprefix()");
  return Value(self.starts_with(affix) ? self.substr(affix.size()) : self);
}

Value removeSuffix(const std::string& self, const Arguments& arguments, Budget&) {
  const std::string& affix = textArgument(required(arguments, 0, "suffix", "removesuffix()"), "removesuffix()");
  return Value(self.ends_with(affix) ? self.substr(0, self.size() - affix.size()) : self);
}

/// str.title(): a letter after a letter is lower case, any other letter starts a word.
Value title(const std::string& self, const Arguments&, Budget&) {
  std::string out;
  bool inWord = false;
  for (std::string_view rest = self; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    const std::string_view character = rest.substr(0, step.length);
    out += inWord ? toLower(character) : capitalize(character);
    inWord = isLetter(step.codePoint);
    rest.remove_prefix(step.length);
  }
  return Value(std::move(out));
}

template <typename Predicate>
Value allCharacters(const std::string& self, Predicate&& holds) {
  for (std::string_view rest = self; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    if (!holds(step.codePoint)) return Value(false);
    rest.remove_prefix(step.length);
  }
  return Value(!self.empty());
}

Value find(const std::string& self, const Arguments& arguments, Budget& budget) {
  budget.charge(self.size() / 16);
  const std::size_t at = self.find(textArgument(required(arguments, 0, "sub", "find()"), "find()"));
  if (at == std::string::npos) return Value(std::int64_t{-1});
  return Value(static_cast<std::int64_t>(countCharacters(std::string_view(self).substr(0, at))));
}

Value rfind(const std::string& self, const Arguments& arguments, Budget& budget) {
  budget.charge(self.size() / 16);
  const std::size_t at = self.rfind(textArgument(required(arguments, 0, "sub", "rfind()"), "rfind()"));
  if (at == std::string::npos) return Value(std::int64_t{-1});
  return Value(static_cast<std::int64_t>(countCharacters(std::string_view(self).substr(0, at))));
}

Value count(const std::string& self, const Arguments& arguments, Budget& budget) {
  const std::string& part = textArgument(required(arguments, 0, "sub", "count()"), "count()");
  budget.charge(self.size() / 16);
  if (part.empty()) return Value(static_cast<std::int64_t>(countCharacters(self)) + 1);
  std::int64_t found = 0;
  for (std::size_t at = self.find(part); at != std::string::npos; at = self.find(part, at + part.size())) ++found;
  return Value(found);
}

Value replace(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* limit = arguments.find(2, "count");
  return Value(replaceText(self, textArgument(required(arguments, 0, "old", "replace()"), "replace()"),
                           textArgument(required(arguments, 1, "new", "replace()"), "replace()"),
                           limit == nullptr ? -1 : integerArgument(*limit, "replace()"), budget));
}

Value join(const std::string& self, const Arguments& arguments, Budget& budget) {
  std::string out;
  bool first = true;
  for (const Value& item : iterate(required(arguments, 0, "iterable", "join()"), budget)) {
    if (!first) out += self;
    first = false;
    out += textArgument(item, "join()");
    budget.charge(1 + item.text()->size() / 16 + self.size() / 16);
    if (out.size() > Budget::kTextBytes) budget.chargeText(out.size());
  }
  return Value(std::move(out));
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
      {"title", title},
      {"find", find},
      {"rfind", rfind},
      {"count", count},
      {"replace", replace},
      {"join", join},
      {"upper", [](const std::string& s, const Arguments&, Budget&) { return Value(toUpper(s)); }},
      {"lower", [](const std::string& s, const Arguments&, Budget&) { return Value(toLower(s)); }},
      {"capitalize", [](const std::string& s, const Arguments&, Budget&) { return Value(capitalize(s)); }},
      {"isspace", [](const std::string& s, const Arguments&, Budget&) { return allCharacters(s, isSpace); }},
      {"isalpha", [](const std::string& s, const Arguments&, Budget&) { return allCharacters(s, isLetter); }},
      {"isdigit", [](const std::string& s, const Arguments&, Budget&) { return allCharacters(s, isDigit); }},
      {"isalnum", [](const std::string& s, const Arguments&,
                     Budget&) { return allCharacters(s, [](std::uint32_t c) { return isLetter(c) || isDigit(c); }); }},
  };
  return methods;
}

Value dictMethod(const Value& self, std::string_view name) {
  if (name == "get") {
    return Value::callable("get", [self](Interpreter& interpreter, const Arguments& arguments) {
      const Value* found = self.findKey(required(arguments, 0, "key", "get()"), interpreter.budget());
      if (found != nullptr) return *found;
      const Value* otherwise = arguments.find(1, "default");
      return otherwise == nullptr ? Value::none() : *otherwise;
    });
  }
  if (name != "items" && name != "keys" && name != "values") return Value::undefined(name);
  return Value::callable(std::string(name), [self, part = name[0]](Interpreter& interpreter, const Arguments&) {
    std::vector<Value> out;
    interpreter.budget().charge(self.dict()->entries.size());
    for (const auto& [key, value] : self.dict()->entries) {
      out.push_back(part == 'k' ? key : part == 'v' ? value : Value::list({key, value}, Sequence::Tuple));
    }
    return Value::list(std::move(out));
  });
}

}  // namespace

std::string stripText(std::string_view text, Ends ends, const std::string* characters) {
  const auto has = [&](Ends end) { return (static_cast<unsigned>(ends) & static_cast<unsigned>(end)) != 0; };
  while (has(Ends::Left) && !text.empty()) {
    const Utf8Step step = firstCharacter(text);
    if (!inSet(step.codePoint, characters)) break;
    text.remove_prefix(step.length);
  }
  while (has(Ends::Right) && !text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && text.size() - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) --start;
    if (!inSet(firstCharacter(text.substr(start)).codePoint, characters)) break;
    text.remove_suffix(text.size() - start);
  }
  return std::string(text);
}

std::string replaceText(const std::string& text, const std::string& from, const std::string& to, std::int64_t count,
                        Budget& budget) {
  std::string out;
  std::size_t position = 0;
  const auto grow = [&](std::string_view part) {
    out += part;
    budget.charge(1 + part.size() / 16);
    if (out.size() > Budget::kTextBytes) budget.chargeText(out.size());
  };
  for (std::int64_t done = 0; count < 0 || done < count; ++done) {
    if (from.empty()) {  // between all characters
      if (position > text.size()) break;
      grow(to);
      if (position == text.size()) return out;
      const std::size_t length = firstCharacter(std::string_view(text).substr(position)).length;
      grow(std::string_view(text).substr(position, length));
      position += length;
      continue;
    }
    const std::size_t at = text.find(from, position);
    if (at == std::string::npos) break;
    grow(std::string_view(text).substr(position, at - position));
    grow(to);
    position = at + from.size();
  }
  grow(std::string_view(text).substr(std::min(position, text.size())));
  return out;
}

Value boundMethod(const Value& object, std::string_view name) {
  if (object.dict() != nullptr) return dictMethod(object, name);
  if (object.text() == nullptr) return Value::undefined(name);
  const auto found = textMethods().find(name);
  if (found == textMethods().end()) return Value::undefined(name);
  return Value::callable(std::string(name),
                         [object, method = found->second](Interpreter& interpreter, const Arguments& arguments) {
                           interpreter.budget().chargeText(object.text()->size());
                           return method(*object.text(), arguments, interpreter.budget());
                         });
}

}  // namespace core::text::jinja
