#include <algorithm>
#include <charconv>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_functions.h"
#include "core/text/jinja/value_text.h"

namespace core::text::jinja {

namespace {

/// "a.b.0" followed from a value, as map(attribute=…) and friends do.
Value follow(Value value, const Value& path, Interpreter& interpreter) {
  if (path.integer()) return interpreter.subscript(value, path);
  std::string_view rest = textArgument(path, "An attribute", interpreter.budget());
  for (bool more = true; more;) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    const std::string_view part = rest.substr(0, end);
    std::int64_t index = 0;
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), index);
    const bool isIndex = parsed.ec == std::errc() && parsed.ptr == part.data() + part.size() && part[0] != '-';
    value = interpreter.subscript(value, isIndex ? Value(index) : newText(part, interpreter.budget()));
    more = end < rest.size();
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return value;
}

Value length(const Value& input, const Arguments&, Interpreter& i) { return Value(lengthOf(input, i.budget())); }

Value first(const Value& input, const Arguments&, Interpreter& i) {
  const List items = iterate(input, i.budget());
  return items.empty() ? Value::undefined("first", i.budget()) : items[0];
}

Value last(const Value& input, const Arguments&, Interpreter& i) {
  const List items = iterate(input, i.budget());
  return items.empty() ? Value::undefined("last", i.budget()) : items[items.size() - 1];
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
    appendText(out, attribute == nullptr ? item : follow(item, *attribute, i));
  }
  return std::move(out).value();
}

Value map(const Value& input, const Arguments& arguments, Interpreter& i) {
  ListBuilder out(i.budget());
  if (!arguments.positional.empty()) {
    const std::string& filter = textArgument(arguments.positional[0], "map", i.budget());
    i.budget().make((arguments.positional.size() + arguments.named.size()) * sizeof(Value));
    const Arguments rest{{arguments.positional.begin() + 1, arguments.positional.end()}, arguments.named};
    for (const Value& item : iterate(input, i.budget())) out.push(i.applyFilter(filter, item, rest));
    return std::move(out).value();
  }
  const Value* attribute = arguments.find(0, "attribute");
  const Value* otherwise = arguments.find(1, "default");
  if (attribute == nullptr) fail("map needs the name of a filter or attribute=….");
  for (const Value& item : iterate(input, i.budget())) {
    Value value = follow(item, *attribute, i);
    out.push(value.isUndefined() && otherwise != nullptr ? *otherwise : std::move(value));
  }
  return std::move(out).value();
}

/// select, reject, selectattr and rejectattr: keeps what passes a test, or what does not.
enum class Keep : std::uint8_t { Passing, Failing };
enum class Look : std::uint8_t { AtItem, AtAttribute };

template <Keep keep, Look look>
Value pick(const Value& input, const Arguments& arguments, Interpreter& i) {
  const auto& given = arguments.positional;
  const std::size_t skip = look == Look::AtAttribute ? 1 : 0;
  if (given.size() < skip) fail("selectattr and rejectattr need the name of an attribute.");
  Arguments rest;
  if (given.size() > skip + 1)
    rest.positional.assign(given.begin() + static_cast<std::ptrdiff_t>(skip) + 1, given.end());
  i.budget().make(rest.positional.size() * sizeof(Value));
  ListBuilder out(i.budget());
  for (const Value& item : iterate(input, i.budget())) {
    const Value subject = look == Look::AtAttribute ? follow(item, given[0], i) : item;
    const bool passes = given.size() > skip
                            ? i.applyTest(textArgument(given[skip], "select", i.budget()), subject, rest)
                            : subject.truthy();
    if (passes == (keep == Keep::Passing)) out.push(item);
  }
  return std::move(out).value();
}

const Value& dictArgument(const Value& input, std::string_view filter) {
  if (!input.isDict()) {
    fail(std::string(filter) + " needs a dictionary, not a value of type " + std::string(input.typeName()) + ".");
  }
  return input;
}

Value items(const Value& input, const Arguments&, Interpreter& i) {
  ListBuilder out(i.budget());
  if (input.isUndefined()) return std::move(out).value();
  for (const auto& [key, value] : dictArgument(input, "items").dict(i.budget())) {
    out.push(newPair(key, value, i.budget()));
  }
  return std::move(out).value();
}

bool flag(const Arguments& arguments, std::size_t position, std::string_view name) {
  const Value* found = arguments.find(position, name);
  return found != nullptr && found->truthy();
}

/// Sorts (key, item) pairs by their keys and gives the items. Merge sort needs no strict order to end.
Value sortedBy(std::vector<std::pair<Value, Value>> keyed, bool reverse, Interpreter& i) {
  i.budget().make(keyed.size() * sizeof(keyed[0]));
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return reverse ? less(b.first, a.first, i.budget()) : less(a.first, b.first, i.budget());
  });
  ListBuilder out(i.budget());
  for (auto& [key, item] : keyed) out.push(std::move(item));
  return std::move(out).value();
}

Value foldCase(const Value& value, Budget& budget) {
  const std::string* text = value.text(budget);
  return text == nullptr ? value : newText(changeCase(*text, Letters::Lower, budget), budget);
}

Value sort(const Value& input, const Arguments& arguments, Interpreter& i) {
  const bool caseSensitive = flag(arguments, 1, "case_sensitive");
  const Value* attribute = arguments.find(2, "attribute");
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : iterate(input, i.budget())) {
    Value key = attribute == nullptr ? item : follow(item, *attribute, i);
    keyed.emplace_back(caseSensitive ? std::move(key) : foldCase(key, i.budget()), item);
  }
  return sortedBy(std::move(keyed), flag(arguments, 0, "reverse"), i);
}

Value dictSort(const Value& input, const Arguments& arguments, Interpreter& i) {
  const bool caseSensitive = flag(arguments, 0, "case_sensitive");
  const Value* by = arguments.find(1, "by");
  const bool byValue = by != nullptr && textArgument(*by, "dictsort", i.budget()) == "value";
  std::vector<std::pair<Value, Value>> keyed;
  for (const auto& [key, value] : dictArgument(input, "dictsort").dict(i.budget())) {
    const Value& chosen = byValue ? value : key;
    keyed.emplace_back(caseSensitive ? chosen : foldCase(chosen, i.budget()), newPair(key, value, i.budget()));
  }
  return sortedBy(std::move(keyed), flag(arguments, 2, "reverse"), i);
}

Value unique(const Value& input, const Arguments& arguments, Interpreter& i) {
  const bool caseSensitive = flag(arguments, 0, "case_sensitive");
  const Value* attribute = arguments.find(1, "attribute");
  std::vector<Value> seen;
  ListBuilder out(i.budget());
  for (const Value& item : iterate(input, i.budget())) {
    const Value raw = attribute == nullptr ? item : follow(item, *attribute, i);
    const Value key = caseSensitive ? raw : foldCase(raw, i.budget());
    const bool known = std::any_of(seen.begin(), seen.end(), [&](const Value& k) { return equal(k, key, i.budget()); });
    if (known) continue;
    seen.push_back(key);
    out.push(item);
  }
  return std::move(out).value();
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
  return std::move(out).value();
}

Value sum(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* attribute = arguments.find(0, "attribute");
  const Value* start = arguments.find(1, "start");
  Value total = start == nullptr ? Value(std::int64_t{0}) : *start;
  for (const Value& item : iterate(input, i.budget())) {
    const bool whole = attribute == nullptr || attribute->isNone();
    total = arithmetic("+", total, whole ? item : follow(item, *attribute, i), i.budget());
  }
  return total;
}

template <bool wantLargest>
Value extreme(const Value& input, const Arguments&, Interpreter& i) {
  const List all = iterate(input, i.budget());
  if (all.empty()) return Value::undefined(wantLargest ? "max" : "min", i.budget());
  const Value* best = &all[0];
  for (const Value& item : all) {
    const Value a = foldCase(wantLargest ? *best : item, i.budget());
    const Value b = foldCase(wantLargest ? item : *best, i.budget());
    if (less(a, b, i.budget())) best = &item;
  }
  return *best;
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
      {"sort", sort},
      {"dictsort", dictSort},
      {"unique", unique},
      {"reverse", reverse},
      {"sum", sum},
      {"min", extreme<false>},
      {"max", extreme<true>},
  };
  return table;
}

Value Interpreter::applyFilter(std::string_view name, const Value& input, const Arguments& arguments) {
  const Budget::Level level(m_budget);
  m_budget.step();
  for (const FilterTable* table : {&scalarFilters(), &sequenceFilters()}) {
    const auto found = table->find(name);
    if (found != table->end()) return found->second(input, arguments, *this);
  }
  fail("The filter " + inQuotes(name) + " is unknown.");
}

}  // namespace core::text::jinja
