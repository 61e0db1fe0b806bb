// Methods of strings, lists and dictionaries, as Python has them; what would change a list or dictionary is not there,
// as in Jinja's immutable sandbox.
#include <algorithm>
#include <map>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_format.h"
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
      parts.push(text);
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

/// rsplit() at white space: the words from the end, and what is left of them.
Value rsplitAtSpaces(std::string_view text, std::int64_t limit, Budget& budget) {
  const CharacterSet spaces(nullptr, budget);
  ListBuilder parts(budget);
  while (!(text = stripText(text, Ends::Right, spaces)).empty()) {
    if (static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push(text);
      break;
    }
    std::size_t start = text.size();
    while (start > 0) {
      std::size_t before = start - 1;
      while (before > 0 && start - before < 4 && (static_cast<unsigned char>(text[before]) & 0xC0U) == 0x80U) --before;
      if (spaces.contains(firstCharacter(text.substr(before)).codePoint)) break;
      start = before;
    }
    parts.push(text.substr(start));
    text = text.substr(0, start);
  }
  parts.reverse();
  return std::move(parts).value();
}

Value rsplit(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* limitArgument = arguments.find(1, "maxsplit");
  const std::int64_t limit = limitArgument == nullptr ? -1 : integerArgument(*limitArgument, "rsplit()");
  if (limit < 0) return split(self, arguments, budget);
  const Value* given = arguments.find(0, "sep");
  if (given == nullptr || given->isNone()) return rsplitAtSpaces(self, limit, budget);
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

Value splitLines(const std::string& self, const Arguments& arguments, Budget& budget) {
  const bool keepEnds = flag(arguments, 0, "keepends");
  ListBuilder lines(budget);
  for (std::string_view rest = self; !rest.empty();) lines.push(takeLine(rest, keepEnds));
  return std::move(lines).value();
}

/// (what is before the separator, it, what is after it); the text alone where it is not.
template <Ends from>
Value partition(const std::string& self, const Arguments& arguments, Budget& budget) {
  const std::string& by = separator(required(arguments, 0, "sep", "partition()"), "partition()", budget);
  const TextSearch search(by, budget);
  std::size_t at = search.find(self);
  if (from == Ends::Right) {
    const auto places = search.findAll(self);
    at = places.empty() ? std::string::npos : places.back();
  }
  const std::string_view text = self;
  const bool found = at != std::string::npos;
  ListBuilder parts(budget);
  if (!found && from == Ends::Right) {
    parts.push(std::string_view());
    parts.push(std::string_view());
  }
  parts.push(text.substr(0, at));
  if (found) {
    parts.push(by);
    parts.push(text.substr(at + by.size()));
  } else if (from == Ends::Left) {
    parts.push(std::string_view());
    parts.push(std::string_view());
  }
  return std::move(parts).value(Sequence::Tuple);
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

/// Whether there are letters with a case, and all of them have this one.
template <Letters own, Letters opposite>
Value isOfCase(const std::string& self, const Arguments&, Budget& budget) {
  return Value(changeCase(self, own, budget) == self && changeCase(self, opposite, budget) != self);
}

bool isAscii(std::uint32_t character) { return character < 0x80; }

Value allAscii(const std::string& self, const Arguments& arguments, Budget& budget) {
  return Value(self.empty() || allCharacters<isAscii>(self, arguments, budget).truthy());
}
Value allPrintable(const std::string& self, const Arguments& arguments, Budget& budget) {
  return Value(self.empty() || allCharacters<isPrintable>(self, arguments, budget).truthy());
}

/// rjust, ljust and center.
template <Ends ends>
Value justify(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* fill = arguments.find(1, "fillchar");
  const std::string with = fill == nullptr ? " " : textArgument(*fill, "A method that justifies", budget);
  if (countCharacters(with) != 1) fail("A text is filled with one character.");
  const std::int64_t width = integerArgument(required(arguments, 0, "width", "A method that justifies"), "A width");
  return padText(self, width, with, ends, budget);
}

Value fillZeros(const std::string& self, const Arguments& arguments, Budget& budget) {
  const std::int64_t width = integerArgument(required(arguments, 0, "width", "zfill()"), "zfill()");
  const std::string_view text = self;
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const Value digits = padText(text.substr(sign), width - static_cast<std::int64_t>(sign), "0", Ends::Left, budget);
  return newText(self.substr(0, sign) + *digits.text(budget), budget);
}

/// Blanks up to the next multiple of a width for every tab.
Value expandTabs(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* given = arguments.find(0, "tabsize");
  const std::int64_t width = given == nullptr ? 8 : integerArgument(*given, "expandtabs()");
  if (width > 1000) fail("expandtabs() takes at most 1000 blanks.");
  Text out(budget);
  std::int64_t column = 0;
  for (std::string_view rest = self; !rest.empty();) {
    const std::size_t length = firstCharacter(rest).length;
    if (rest[0] == '\t') {
      const std::int64_t blanks = width <= 0 ? 0 : width - column % width;
      out += std::string(static_cast<std::size_t>(blanks), ' ');
      column += blanks;
    } else {
      out += rest.substr(0, length);
      column = rest[0] == '\n' || rest[0] == '\r' ? 0 : column + 1;
    }
    rest.remove_prefix(length);
  }
  return std::move(out).value();
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
      {"partition", partition<Ends::Left>},
      {"rpartition", partition<Ends::Right>},
      {"startswith", startsWith},
      {"endswith", endsWith},
      {"removeprefix", removePrefix},
      {"removesuffix", removeSuffix},
      {"title", withCase<Letters::TitleOfMethod>},
      {"upper", withCase<Letters::Upper>},
      {"lower", withCase<Letters::Lower>},
      {"capitalize", withCase<Letters::Capitalized>},
      {"swapcase", withCase<Letters::Swapped>},
      {"casefold", withCase<Letters::Lower>},
      {"find", find<Ends::Left>},
      {"rfind", find<Ends::Right>},
      {"index", index<Ends::Left>},
      {"rindex", index<Ends::Right>},
      {"count", count},
      {"replace", replace},
      {"join", join},
      {"isspace", allCharacters<isSpace>},
      {"isalpha", allCharacters<isLetter>},
      {"isdigit", allCharacters<isDigit>},
      {"isdecimal", allCharacters<isDigit>},
      {"isnumeric", allCharacters<isDigit>},
      {"isalnum", allCharacters<isAlphanumeric>},
      {"isascii", allAscii},
      {"isprintable", allPrintable},
      {"islower", isOfCase<Letters::Lower, Letters::Upper>},
      {"isupper", isOfCase<Letters::Upper, Letters::Lower>},
      {"istitle", isOfCase<Letters::TitleOfMethod, Letters::Swapped>},
      {"ljust", justify<Ends::Right>},
      {"rjust", justify<Ends::Left>},
      {"center", justify<Ends::Both>},
      {"zfill", fillZeros},
      {"expandtabs", expandTabs},
  };
  return methods;
}

Value callTextMethod(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  return textMethods().at(callable.name)(*callable.self.text(interpreter.budget()), arguments, interpreter.budget());
}

Value formatMethod(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  return formatBraces(*callable.self.text(interpreter.budget()), arguments, interpreter);
}

/// str.format_map(): format() with the names of a dictionary.
Value formatMap(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  Budget& budget = interpreter.budget();
  const Value& names = required(arguments, 0, "mapping", "format_map()");
  Arguments named;
  for (const auto& [key, value] : dictArgument(names, "format_map()").dict(budget)) {
    const std::string& name = textArgument(key, "format_map()", budget);
    budget.make(name.size() + sizeof(Value));
    named.named.emplace_back(name, value);
  }
  return formatBraces(*callable.self.text(budget), named, interpreter);
}

Value listCopy(Interpreter&, const Callable& callable, const Arguments&) { return callable.self; }

Value listCount(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  Budget& budget = interpreter.budget();
  const Value& wanted = required(arguments, 0, "value", "count()");
  std::int64_t found = 0;
  for (const Value& item : callable.self.list(budget)) found += equal(item, wanted, budget) ? 1 : 0;
  return Value(found);
}

Value listIndex(Interpreter& interpreter, const Callable& callable, const Arguments& arguments) {
  Budget& budget = interpreter.budget();
  const Value& wanted = required(arguments, 0, "value", "index()");
  const List items = callable.self.list(budget);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (equal(items[i], wanted, budget)) return Value(static_cast<std::int64_t>(i));
  }
  fail("index() finds nothing.");
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
  return std::move(out).value(Sequence::Entries);
}

Value keys(Interpreter& interpreter, const Callable& callable, const Arguments&) {
  ListBuilder out(interpreter.budget());
  for (const auto& entry : callable.self.dict(interpreter.budget())) out.push(entry.first);
  return std::move(out).value(Sequence::Keys);
}

Value values(Interpreter& interpreter, const Callable& callable, const Arguments&) {
  ListBuilder out(interpreter.budget());
  for (const auto& entry : callable.self.dict(interpreter.budget())) out.push(entry.second);
  return std::move(out).value(Sequence::Values);
}

const std::map<std::string_view, Callable::Function>& dictMethods() {
  static const std::map<std::string_view, Callable::Function> methods = {
      {"get", get}, {"items", items}, {"keys", keys}, {"values", values}, {"copy", listCopy}};
  return methods;
}

const std::map<std::string_view, Callable::Function>& listMethods() {
  static const std::map<std::string_view, Callable::Function> methods = {
      {"copy", listCopy}, {"count", listCount}, {"index", listIndex}};
  return methods;
}

/// The methods of texts that need more than the budget.
const std::map<std::string_view, Callable::Function>& formatMethods() {
  static const std::map<std::string_view, Callable::Function> methods = {{"format", formatMethod},
                                                                         {"format_map", formatMap}};
  return methods;
}

Value boundFrom(const std::map<std::string_view, Callable::Function>& methods, const Value& object,
                std::string_view name, Budget& budget) {
  const auto found = methods.find(name);
  if (found == methods.end()) return {};
  return Value::callable({found->first, found->second, object, nullptr, {}}, budget);
}

}  // namespace

Value boundMethod(const Value& object, std::string_view name, Budget& budget) {
  if (object.isDict()) return boundFrom(dictMethods(), object, name, budget);
  if (object.isList() && name == "copy" && object.sequenceKind() != Sequence::List) return {};
  if (object.isList()) return boundFrom(listMethods(), object, name, budget);
  if (!object.isText()) return {};
  const auto found = textMethods().find(name);
  if (found == textMethods().end()) return boundFrom(formatMethods(), object, name, budget);
  return Value::callable({found->first, callTextMethod, object, nullptr, {}}, budget);
}

}  // namespace core::text::jinja
