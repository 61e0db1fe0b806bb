#include <algorithm>
#include <charconv>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_functions.h"
#include "core/text/jinja/value_text.h"

namespace core::text::jinja {

Value follow(Value value, const Value& path, Interpreter& interpreter, const Value* otherwise) {
  const auto orOther = [&](Value found) { return found.isUndefined() && otherwise != nullptr ? *otherwise : found; };
  if (path.isNone()) return value;
  if (path.integer()) return orOther(interpreter.subscript(value, path));
  std::string_view rest = textArgument(path, "An attribute", interpreter.budget());
  for (bool more = true; more;) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    const std::string_view part = rest.substr(0, end);
    std::int64_t index = 0;
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), index);
    const bool isIndex = parsed.ec == std::errc() && parsed.ptr == part.data() + part.size() && part[0] != '-';
    value = orOther(interpreter.subscript(value, isIndex ? Value(index) : newText(part, interpreter.budget())));
    more = end < rest.size();
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return value;
}

bool flag(const Arguments& arguments, std::size_t position, std::string_view name) {
  const Value* found = arguments.find(position, name);
  return found != nullptr && found->truthy();
}

Value foldCase(const Value& value, Budget& budget) {
  const std::string* text = value.text(budget);
  return text == nullptr ? value : newText(changeCase(*text, Letters::Lower, budget), budget);
}

const Value& dictArgument(const Value& input, std::string_view filter) {
  if (!input.isDict()) {
    fail(std::string(filter) + " needs a dictionary, not a value of type " + std::string(input.typeName()) + ".");
  }
  return input;
}

namespace {

/// What map, select and their like walk over: nothing where the value counts as false, whatever it is.
List itemsIfAny(const Value& input, Budget& budget) {
  return input.truthy() ? iterate(input, budget) : ListBuilder(budget).list();
}

Value length(const Value& input, const Arguments&, Interpreter& i) { return Value(lengthOf(input, i.budget())); }

Value first(const Value& input, const Arguments&, Interpreter& i) {
  if (input.isIterator()) {
    const auto next = input.list(i.budget()).takeOne();
    return next ? *next : Value::undefined("first", i.budget());
  }
  const List items = iterate(input, i.budget());
  return items.empty() ? Value::undefined("first", i.budget()) : items[0];
}

Value last(const Value& input, const Arguments&, Interpreter& i) {
  if (input.isIterator()) fail("last needs a sequence, not an iterator; a filter 'list' before it makes one.");
  const List items = iterate(input, i.budget());
  return items.empty() ? Value::undefined("last", i.budget()) : items[items.size() - 1];
}

/// attribute(name) without the entries of dictionaries.
Value attr(const Value& input, const Arguments& arguments, Interpreter& i) {
  const std::string name = toText(required(arguments, 0, "name", "attr"), i.budget());
  if (input.isDict()) {
    Value method = boundMethod(input, name, i.budget());
    return method.isUndefined() ? Value::undefined(name, i.budget()) : method;
  }
  return i.attribute(input, name);
}

Value list(const Value& input, const Arguments&, Interpreter& i) {
  ListBuilder out(i.budget());
  for (const Value& item : iterate(input, i.budget())) out.push(item);
  return std::move(out).value();
}

Value join(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* separator = arguments.find(0, "d");
  const Value* attribute = arguments.find(1, "attribute");
  const std::string between = separator == nullptr ? "" : toText(*separator, i.budget());
  Text out(i.budget());
  bool isFirst = true;
  for (const Value& item : iterate(input, i.budget())) {
    if (!isFirst) out += between;
    isFirst = false;
    appendText(out, attribute == nullptr ? item : follow(item, *attribute, i, nullptr));
  }
  return std::move(out).value();
}

Value map(const Value& input, const Arguments& arguments, Interpreter& i) {
  ListBuilder out(i.budget());
  const List all = itemsIfAny(input, i.budget());
  if (input.truthy() && !arguments.positional.empty()) {
    const std::string& filter = textArgument(arguments.positional[0], "map", i.budget());
    i.budget().make((arguments.positional.size() + arguments.named.size()) * sizeof(Value));
    const Arguments rest{{arguments.positional.begin() + 1, arguments.positional.end()}, arguments.named};
    for (const Value& item : all) out.push(i.applyFilter(filter, item, rest));
    return std::move(out).value(Sequence::Iterator);
  }
  const Value* attribute = arguments.find(0, "attribute");
  const Value* otherwise = arguments.find(1, "default");
  if (otherwise != nullptr && otherwise->isNone()) otherwise = nullptr;
  if (input.truthy() && attribute == nullptr) fail("map needs the name of a filter or attribute=….");
  for (const Value& item : all) out.push(follow(item, *attribute, i, otherwise));
  return std::move(out).value(Sequence::Iterator);
}

/// select, reject, selectattr and rejectattr: keeps what passes a test, or what does not.
enum class Keep : std::uint8_t { Passing, Failing };
enum class Look : std::uint8_t { AtItem, AtAttribute };

template <Keep keep, Look look>
Value pick(const Value& input, const Arguments& arguments, Interpreter& i) {
  const auto& given = arguments.positional;
  const std::size_t skip = look == Look::AtAttribute ? 1 : 0;
  if (!input.truthy()) return ListBuilder(i.budget()).value(Sequence::Iterator);
  if (given.size() < skip) fail("selectattr and rejectattr need the name of an attribute.");
  Arguments rest;
  if (given.size() > skip + 1)
    rest.positional.assign(given.begin() + static_cast<std::ptrdiff_t>(skip) + 1, given.end());
  rest.named = arguments.named;
  i.budget().make((rest.positional.size() + rest.named.size()) * sizeof(Value));
  ListBuilder out(i.budget());
  for (const Value& item : iterate(input, i.budget())) {
    const Value subject = look == Look::AtAttribute ? follow(item, given[0], i, nullptr) : item;
    const bool passes = given.size() > skip
                            ? i.applyTest(textArgument(given[skip], "select", i.budget()), subject, rest)
                            : subject.truthy();
    if (passes == (keep == Keep::Passing)) out.push(item);
  }
  return std::move(out).value(Sequence::Iterator);
}

Value items(const Value& input, const Arguments&, Interpreter& i) {
  ListBuilder out(i.budget());
  if (input.isUndefined()) return std::move(out).value(Sequence::Iterator);
  for (const auto& [key, value] : dictArgument(input, "items").dict(i.budget())) {
    out.push(newPair(key, value, i.budget()));
  }
  return std::move(out).value(Sequence::Iterator);
}

Value reverse(const Value& input, const Arguments&, Interpreter& i) {
  const List all = iterate(input, i.budget());
  if (input.isText()) {
    Text out(i.budget());
    for (std::size_t at = all.size(); at-- > 0;) appendText(out, all[at]);
    return std::move(out).value();
  }
  ListBuilder out(i.budget());
  for (const Value& item : all) out.push(item);
  out.reverse();
  return std::move(out).value(input.isIterator() ? Sequence::List : Sequence::Iterator);
}

Value sum(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* attribute = arguments.find(0, "attribute");
  const Value* start = arguments.find(1, "start");
  Value total = start == nullptr ? Value(std::int64_t{0}) : *start;
  if (total.isText()) fail("sum adds no strings; join does.");
  for (const Value& item : iterate(input, i.budget())) {
    total = arithmetic("+", total, attribute == nullptr ? item : follow(item, *attribute, i, nullptr), i.budget());
  }
  return total;
}

template <bool wantLargest>
Value extreme(const Value& input, const Arguments& arguments, Interpreter& i) {
  const bool caseSensitive = flag(arguments, 0, "case_sensitive");
  const Value* attribute = arguments.find(1, "attribute");
  const auto keyOf = [&](const Value& item) {
    const Value key = attribute == nullptr ? item : follow(item, *attribute, i, nullptr);
    return caseSensitive ? key : foldCase(key, i.budget());
  };
  const List all = iterate(input, i.budget());
  if (all.empty()) return Value::undefined(wantLargest ? "max" : "min", i.budget());
  Value best = all[0];
  Value bestKey = keyOf(best);
  for (std::size_t at = 1; at < all.size(); ++at) {
    Value key = keyOf(all[at]);
    if (!(wantLargest ? less(bestKey, key, i.budget()) : less(key, bestKey, i.budget()))) continue;
    best = all[at];
    bestKey = std::move(key);
  }
  return best;
}

}  // namespace

const FilterTable& sequenceFilters() {
  static const FilterTable table = {
      {"length", length},
      {"count", length},
      {"first", first},
      {"last", last},
      {"list", list},
      {"join", join},
      {"map", map},
      {"select", pick<Keep::Passing, Look::AtItem>},
      {"reject", pick<Keep::Failing, Look::AtItem>},
      {"selectattr", pick<Keep::Passing, Look::AtAttribute>},
      {"rejectattr", pick<Keep::Failing, Look::AtAttribute>},
      {"items", items},
      {"attr", attr},
      {"reverse", reverse},
      {"sum", sum},
      {"min", extreme<false>},
      {"max", extreme<true>},
  };
  return table;
}

Filter findFilter(std::string_view name) {
  for (const FilterTable* table : {&scalarFilters(), &sequenceFilters(), &groupingFilters(), &layoutFilters()}) {
    const auto found = table->find(name);
    if (found != table->end()) return found->second;
  }
  return nullptr;
}

Value Interpreter::applyFilter(std::string_view name, const Value& input, const Arguments& arguments) {
  const Budget::Level level(m_budget);
  m_budget.step();
  const Filter filter = findFilter(name);
  if (filter == nullptr) fail("The filter " + inQuotes(name) + " is unknown.");
  return filter(input, arguments, *this);
}

}  // namespace core::text::jinja
