#include <algorithm>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"

namespace core::text::jinja {

namespace {

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

/// What items are sorted and grouped by: themselves, or their attributes, several of them separated by commas.
Value keyOf(const Value& item, const Value* attribute, bool caseSensitive, Interpreter& i, const Value* otherwise) {
  const auto folded = [&](const Value& value) { return caseSensitive ? value : foldCase(value, i.budget()); };
  if (attribute == nullptr || attribute->isNone()) return folded(item);
  const std::string* path = attribute->text(i.budget());
  if (path == nullptr || path->find(',') == std::string::npos) return folded(follow(item, *attribute, i, otherwise));
  ListBuilder keys(i.budget());
  for (std::size_t from = 0; from <= path->size();) {
    const std::size_t end = std::min(path->find(',', from), path->size());
    keys.push(folded(follow(item, newText(path->substr(from, end - from), i.budget()), i, otherwise)));
    from = end + 1;
  }
  return std::move(keys).value();
}

Value sort(const Value& input, const Arguments& arguments, Interpreter& i) {
  const bool caseSensitive = flag(arguments, 1, "case_sensitive");
  const Value* attribute = arguments.find(2, "attribute");
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : iterate(input, i.budget())) {
    // In a list, as Jinja2 has it: equal keys need no order then.
    ListBuilder key(i.budget());
    key.push(keyOf(item, attribute, caseSensitive, i, nullptr));
    keyed.emplace_back(std::move(key).value(), item);
  }
  return sortedBy(std::move(keyed), flag(arguments, 0, "reverse"), i);
}

Value dictSort(const Value& input, const Arguments& arguments, Interpreter& i) {
  const bool caseSensitive = flag(arguments, 0, "case_sensitive");
  const Value* by = arguments.find(1, "by");
  const std::string byWhat = by == nullptr ? "key" : textArgument(*by, "dictsort", i.budget());
  if (byWhat != "key" && byWhat != "value") fail("dictsort sorts by 'key' or 'value'.");
  const bool byValue = byWhat == "value";
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
    const Value key = keyOf(item, attribute, caseSensitive, i, nullptr);
    const bool isMutable = key.isDict() || (key.isSequence() && key.sequenceKind() == Sequence::List);
    if (isMutable) fail("unique needs items that can be keys, not of type " + std::string(key.typeName()) + ".");
    const bool known = std::any_of(seen.begin(), seen.end(), [&](const Value& k) { return equal(k, key, i.budget()); });
    if (known) continue;
    i.budget().make(sizeof(Value));
    seen.push_back(key);
    out.push(item);
  }
  return std::move(out).value(Sequence::Iterator);
}

/// Items of equal keys together, in the order of the keys; each group is named as its first item is.
Value groupBy(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value& attribute = required(arguments, 0, "attribute", "groupby");
  const Value* otherwise = arguments.find(1, "default");
  const bool caseSensitive = flag(arguments, 2, "case_sensitive");
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : iterate(input, i.budget())) {
    Value key = keyOf(item, &attribute, caseSensitive, i, otherwise);
    keyed.emplace_back(key, newPair(key, item, i.budget()));
  }
  const Value sorted = sortedBy(std::move(keyed), false, i);
  const List pairs = sorted.list(i.budget());
  ListBuilder groups(i.budget());
  for (std::size_t from = 0; from < pairs.size();) {
    const Value& key = pairs[from].list(i.budget())[0];
    const Value& first = pairs[from].list(i.budget())[1];
    ListBuilder members(i.budget());
    for (; from < pairs.size() && equal(pairs[from].list(i.budget())[0], key, i.budget()); ++from) {
      members.push(pairs[from].list(i.budget())[1]);
    }
    ListBuilder group(i.budget());
    group.push(keyOf(first, &attribute, true, i, otherwise));
    group.push(std::move(members).value());
    groups.push(std::move(group).value(Sequence::Group));
  }
  return std::move(groups).value();
}

/// Lists of so many items each, the last one filled up when asked.
Value batch(const Value& input, const Arguments& arguments, Interpreter& i) {
  const std::int64_t count = integerArgument(required(arguments, 0, "linecount", "batch"), "batch");
  const Value* filling = arguments.find(1, "fill_with");
  ListBuilder out(i.budget());
  std::optional<ListBuilder> line;
  for (const Value& item : iterate(input, i.budget())) {
    if (line && static_cast<std::int64_t>(line->size()) == count)
      out.push(std::move(*std::exchange(line, std::nullopt)).value());
    if (!line) line.emplace(i.budget());
    line->push(item);
  }
  while (line && filling != nullptr && !filling->isNone() && static_cast<std::int64_t>(line->size()) < count) {
    line->push(*filling);
  }
  if (line) out.push(std::move(*line).value());
  return std::move(out).value(Sequence::Iterator);
}

/// So many lists, the first ones an item longer where they cannot be equal; the others filled up when asked.
Value slice(const Value& input, const Arguments& arguments, Interpreter& i) {
  const std::int64_t count = integerArgument(required(arguments, 0, "slices", "slice"), "slice");
  const Value* filling = arguments.find(1, "fill_with");
  if (count == 0) fail("slice cannot make 0 lists.");
  const List all = iterate(input, i.budget());
  const auto length = static_cast<std::int64_t>(all.size());
  ListBuilder out(i.budget());
  std::int64_t from = 0;
  for (std::int64_t part = 0; part < count; ++part) {
    ListBuilder list(i.budget());
    const bool isLonger = part < length % count;
    for (std::int64_t k = 0; k < length / count + (isLonger ? 1 : 0); ++k) {
      list.push(all[static_cast<std::size_t>(from++)]);
    }
    if (!isLonger && filling != nullptr && !filling->isNone()) list.push(*filling);
    out.push(std::move(list).value());
  }
  return std::move(out).value(Sequence::Iterator);
}

}  // namespace

const FilterTable& groupingFilters() {
  static const FilterTable table = {
      {"sort", sort},       {"dictsort", dictSort}, {"unique", unique},
      {"groupby", groupBy}, {"batch", batch},       {"slice", slice},
  };
  return table;
}

}  // namespace core::text::jinja
