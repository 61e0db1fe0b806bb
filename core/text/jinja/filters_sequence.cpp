#include <algorithm>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

/// "a.b.0" followed from a value, as map(attribute=…) and friends do.
Value follow(Value value, const Value& path, Interpreter& interpreter) {
  if (path.integer()) return interpreter.subscript(value, path);
  const std::string& text = textArgument(path, "An attribute");
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find('.', from), text.size());
    const std::string part = text.substr(from, end - from);
    const bool isIndex = !part.empty() && part.size() < 10 && part.find_first_not_of("0123456789") == std::string::npos;
    value = interpreter.subscript(value, isIndex ? Value(std::int64_t{std::stoll(part)}) : Value(part));
    from = end + 1;
  }
  return value;
}

Value length(const Value& input, const Arguments&, Interpreter&) { return Value(lengthOf(input)); }

Value first(const Value& input, const Arguments&, Interpreter& i) {
  const auto items = iterate(input, i.budget());
  return items.empty() ? Value::undefined("first") : items.values().front();
}

Value last(const Value& input, const Arguments&, Interpreter& i) {
  const auto items = iterate(input, i.budget());
  return items.empty() ? Value::undefined("last") : items.values().back();
}

Value list(const Value& input, const Arguments&, Interpreter& i) {
  return Value::list(iterate(input, i.budget()).values());
}

Value join(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* separator = arguments.find(0, "d");
  const Value* attribute = arguments.find(1, "attribute");
  const std::string between = separator == nullptr ? "" : toText(*separator, i.budget());
  std::string out;
  bool isFirst = true;
  for (const Value& item : iterate(input, i.budget())) {
    if (!isFirst) out += between;
    isFirst = false;
    const std::string text = toText(attribute == nullptr ? item : follow(item, *attribute, i), i.budget());
    out += text;
    i.budget().charge(1 + (text.size() + between.size()) / 16);
    if (out.size() > Budget::kTextBytes) i.budget().chargeText(out.size());
  }
  return Value(std::move(out));
}

Value map(const Value& input, const Arguments& arguments, Interpreter& i) {
  std::vector<Value> out;
  const auto items = iterate(input, i.budget());
  i.budget().charge(items.size());
  if (!arguments.positional.empty()) {
    const std::string& filter = textArgument(arguments.positional[0], "map");
    Arguments rest{{arguments.positional.begin() + 1, arguments.positional.end()}, arguments.named};
    for (const Value& item : items) out.push_back(i.applyFilter(filter, item, rest));
    return Value::list(std::move(out));
  }
  const Value* attribute = arguments.find(0, "attribute");
  const Value* otherwise = arguments.find(1, "default");
  if (attribute == nullptr) fail("map needs the name of a filter or attribute=….");
  for (const Value& item : items) {
    Value value = follow(item, *attribute, i);
    out.push_back(value.isUndefined() && otherwise != nullptr ? *otherwise : std::move(value));
  }
  return Value::list(std::move(out));
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
  std::vector<Value> out;
  for (const Value& item : iterate(input, i.budget())) {
    i.budget().charge();
    const Value subject = look == Look::AtAttribute ? follow(item, given[0], i) : item;
    const bool passes =
        given.size() > skip ? i.applyTest(textArgument(given[skip], "select"), subject, rest) : subject.truthy();
    if (passes == (keep == Keep::Passing)) out.push_back(item);
  }
  return Value::list(std::move(out));
}

Value items(const Value& input, const Arguments&, Interpreter& i) {
  if (input.isUndefined()) return Value::list({});
  if (input.dict() == nullptr)
    fail("items needs a dictionary, not a value of type " + std::string(input.typeName()) + ".");
  i.budget().charge(input.dict()->entries.size());
  std::vector<Value> out;
  for (const auto& [key, value] : input.dict()->entries) out.push_back(Value::list({key, value}, Sequence::Tuple));
  return Value::list(std::move(out));
}

bool flag(const Arguments& arguments, std::size_t position, std::string_view name) {
  const Value* found = arguments.find(position, name);
  return found != nullptr && found->truthy();
}

/// Sorts items by keys. Merge sort needs no strict order to end, but less() may throw: the keys are plain copies.
std::vector<Value> sortedBy(std::vector<std::pair<Value, Value>> keyed, bool reverse, Interpreter& i) {
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return reverse ? less(b.first, a.first, i.budget()) : less(a.first, b.first, i.budget());
  });
  std::vector<Value> out;
  for (auto& [key, item] : keyed) out.push_back(std::move(item));
  return out;
}

Value foldCase(const Value& value) { return value.text() != nullptr ? Value(toLower(*value.text())) : value; }

Value sort(const Value& input, const Arguments& arguments, Interpreter& i) {
  const bool caseSensitive = flag(arguments, 1, "case_sensitive");
  const Value* attribute = arguments.find(2, "attribute");
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : iterate(input, i.budget())) {
    i.budget().charge();
    Value key = attribute == nullptr ? item : follow(item, *attribute, i);
    keyed.emplace_back(caseSensitive ? std::move(key) : foldCase(key), item);
  }
  return Value::list(sortedBy(std::move(keyed), flag(arguments, 0, "reverse"), i));
}

Value dictSort(const Value& input, const Arguments& arguments, Interpreter& i) {
  if (input.dict() == nullptr)
    fail("dictsort needs a dictionary, not a value of type " + std::string(input.typeName()) + ".");
  const bool caseSensitive = flag(arguments, 0, "case_sensitive");
  const Value* by = arguments.find(1, "by");
  const bool byValue = by != nullptr && textArgument(*by, "dictsort") == "value";
  std::vector<std::pair<Value, Value>> keyed;
  for (const auto& [key, value] : input.dict()->entries) {
    const Value& chosen = byValue ? value : key;
    keyed.emplace_back(caseSensitive ? chosen : foldCase(chosen), Value::list({key, value}, Sequence::Tuple));
  }
  return Value::list(sortedBy(std::move(keyed), flag(arguments, 2, "reverse"), i));
}

Value unique(const Value& input, const Arguments& arguments, Interpreter& i) {
  const bool caseSensitive = flag(arguments, 0, "case_sensitive");
  const Value* attribute = arguments.find(1, "attribute");
  std::vector<Value> seen;
  std::vector<Value> out;
  for (const Value& item : iterate(input, i.budget())) {
    const Value raw = attribute == nullptr ? item : follow(item, *attribute, i);
    const Value key = caseSensitive ? raw : foldCase(raw);
    const bool known = std::any_of(seen.begin(), seen.end(), [&](const Value& k) { return equal(k, key, i.budget()); });
    if (known) continue;
    seen.push_back(key);
    out.push_back(item);
  }
  return Value::list(std::move(out));
}

Value reverse(const Value& input, const Arguments&, Interpreter& i) {
  std::vector<Value> out = iterate(input, i.budget()).values();
  std::reverse(out.begin(), out.end());
  i.budget().charge(out.size());
  if (input.text() == nullptr) return Value::list(std::move(out));
  std::string text;
  for (const Value& character : out) text += *character.text();
  return Value(std::move(text));
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
  const auto all = iterate(input, i.budget());
  if (all.empty()) return Value::undefined(wantLargest ? "max" : "min");
  const Value* best = &all.values().front();
  for (const Value& item : all) {
    const Value a = foldCase(wantLargest ? *best : item);
    const Value b = foldCase(wantLargest ? item : *best);
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
  m_budget.charge();
  for (const FilterTable* table : {&scalarFilters(), &sequenceFilters()}) {
    const auto found = table->find(name);
    if (found != table->end()) return found->second(input, arguments, *this);
  }
  fail("The filter '" + std::string(name) + "' is unknown.");
}

}  // namespace core::text::jinja
