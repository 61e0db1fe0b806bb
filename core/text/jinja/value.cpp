#include "core/text/jinja/value.h"

#include <algorithm>
#include <cmath>

#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

int nestingOf(const Value& value) {
  if (const ListData* list = value.list()) return list->nesting;
  if (const DictData* dict = value.dict()) return dict->nesting;
  return 0;
}

int checkedNesting(int deepest) {
  if (deepest >= Budget::kNesting) {
    throw Failure{ErrorCode::Unsupported, "It makes lists nested more deeply than the limit of 64 levels."};
  }
  return deepest + 1;
}

bool equalLists(const ListData& a, const ListData& b, Budget& budget) {
  if (a.kind != b.kind || a.items.size() != b.items.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!equal(a.items[i], b.items[i], budget)) return false;
  }
  return true;
}

bool equalDicts(const Value& a, const Value& b, Budget& budget) {
  if (a.dict()->entries.size() != b.dict()->entries.size()) return false;
  for (const auto& [key, value] : a.dict()->entries) {
    const Value* other = b.findKey(key, budget);
    if (other == nullptr || !equal(value, *other, budget)) return false;
  }
  return true;
}

}  // namespace

const Value* Arguments::find(std::size_t position, std::string_view name) const {
  if (position < positional.size()) return &positional[position];
  for (const auto& [key, value] : named) {
    if (key == name) return &value;
  }
  return nullptr;
}

Value Value::undefined(std::string_view name) { return Value(Undefined{std::make_shared<const std::string>(name)}); }

Value Value::list(std::vector<Value> items, Sequence kind) {
  int deepest = 0;
  for (const Value& item : items) deepest = std::max(deepest, nestingOf(item));
  return Value(std::make_shared<const ListData>(ListData{std::move(items), kind, checkedNesting(deepest)}));
}

Value Value::dict(std::vector<std::pair<Value, Value>> entries, Budget& budget) {
  DictData data{{}, 0};
  int deepest = 0;
  for (auto& [key, value] : entries) {
    if (key.list() != nullptr && key.list()->kind == Sequence::List) fail("A list cannot be the key of a dictionary.");
    if (key.dict() != nullptr) fail("A dictionary cannot be the key of a dictionary.");
    deepest = std::max({deepest, nestingOf(key), nestingOf(value)});
    const auto same = std::find_if(data.entries.begin(), data.entries.end(),
                                   [&](const auto& entry) { return equal(entry.first, key, budget); });
    if (same == data.entries.end()) {
      data.entries.emplace_back(std::move(key), std::move(value));
    } else {
      same->second = std::move(value);
    }
  }
  data.nesting = checkedNesting(deepest);
  return Value(std::make_shared<const DictData>(std::move(data)));
}

Value Value::callable(std::string name, std::function<Value(Interpreter&, const Arguments&)> call) {
  return Value(std::make_shared<const Callable>(Callable{std::move(name), std::move(call)}));
}

const std::string* Value::text() const {
  const auto* shared = as<std::shared_ptr<const std::string>>();
  return shared == nullptr ? nullptr : shared->get();
}

const ListData* Value::list() const {
  const auto* shared = as<std::shared_ptr<const ListData>>();
  return shared == nullptr ? nullptr : shared->get();
}

const DictData* Value::dict() const {
  const auto* shared = as<std::shared_ptr<const DictData>>();
  return shared == nullptr ? nullptr : shared->get();
}

std::optional<std::int64_t> Value::integer() const {
  if (const auto* i = as<std::int64_t>()) return *i;
  if (const auto* b = as<bool>()) return *b ? 1 : 0;
  return std::nullopt;
}

std::optional<double> Value::number() const {
  if (const auto* d = as<double>()) return *d;
  if (const auto i = integer()) return static_cast<double>(*i);
  return std::nullopt;
}

bool Value::truthy() const {
  if (isUndefined() || isNone()) return false;
  if (const auto value = number()) return *value != 0.0;
  if (const auto* string = text()) return !string->empty();
  if (const auto* items = list()) return !items->items.empty();
  if (const auto* entries = dict()) return !entries->entries.empty();
  return true;
}

std::string_view Value::typeName() const {
  switch (m_value.index()) {
    case 0:
      return "undefined";
    case 1:
      return "none";
    case 2:
      return "boolean";
    case 3:
      return "integer";
    case 4:
      return "float";
    case 5:
      return "string";
    case 6:
      return list()->kind == Sequence::List ? "list" : "tuple";
    case 7:
      return "dictionary";
    case 8:
      return "namespace";
    case 9:
      return "loop";
    default:
      return "function";
  }
}

const Value* Value::findKey(const Value& key, Budget& budget) const {
  const DictData* data = dict();
  if (data == nullptr) return nullptr;
  for (const auto& [existing, value] : data->entries) {
    if (equal(existing, key, budget)) return &value;
  }
  return nullptr;
}

const Value* Value::findKey(std::string_view key) const {
  const DictData* data = dict();
  if (data == nullptr) return nullptr;
  for (const auto& [existing, value] : data->entries) {
    const std::string* name = existing.text();
    if (name != nullptr && *name == key) return &value;
  }
  return nullptr;
}

bool equal(const Value& a, const Value& b, Budget& budget) {
  budget.charge();
  if (a.integer() && b.integer()) return *a.integer() == *b.integer();
  if (a.isNumber() && b.isNumber()) return *a.number() == *b.number();
  if (a.text() != nullptr && b.text() != nullptr) {
    budget.charge(a.text()->size() / 16);
    return *a.text() == *b.text();
  }
  if (a.list() != nullptr && b.list() != nullptr) return equalLists(*a.list(), *b.list(), budget);
  if (a.dict() != nullptr && b.dict() != nullptr) return equalDicts(a, b, budget);
  if (const auto* space = a.as<std::shared_ptr<NamespaceData>>()) {
    const auto* other = b.as<std::shared_ptr<NamespaceData>>();
    return other != nullptr && *space == *other;
  }
  return (a.isNone() && b.isNone()) || (a.isUndefined() && b.isUndefined());
}

bool less(const Value& a, const Value& b, Budget& budget) {
  budget.charge();
  if (a.integer() && b.integer()) return *a.integer() < *b.integer();
  if (a.isNumber() && b.isNumber()) return *a.number() < *b.number();
  if (a.text() != nullptr && b.text() != nullptr) {
    budget.charge(a.text()->size() / 16);
    return *a.text() < *b.text();  // bytes of UTF-8 order as code points do
  }
  if (a.list() != nullptr && b.list() != nullptr && a.list()->kind == b.list()->kind) {
    const auto& x = a.list()->items;
    const auto& y = b.list()->items;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(x[i], y[i], budget)) return less(x[i], y[i], budget);
    }
    return x.size() < y.size();
  }
  fail("A value of type " + std::string(a.typeName()) + " cannot be ordered against one of type " +
       std::string(b.typeName()) + ".");
}

bool contains(const Value& container, const Value& item, Budget& budget) {
  if (const std::string* text = container.text()) {
    if (item.text() == nullptr) {
      fail("Only a string can be in a string, not a value of type " + std::string(item.typeName()) + ".");
    }
    budget.charge(text->size() / 16);
    return text->find(*item.text()) != std::string::npos;
  }
  if (container.dict() != nullptr) return container.findKey(item, budget) != nullptr;
  if (container.isUndefined()) return false;
  if (container.list() == nullptr) {
    fail("`in` needs a string, list or dictionary on its right, not a value of type " +
         std::string(container.typeName()) + ".");
  }
  return std::any_of(container.list()->items.begin(), container.list()->items.end(),
                     [&](const Value& element) { return equal(element, item, budget); });
}

Items iterate(const Value& value, Budget& budget) {
  if (const auto* list = value.as<std::shared_ptr<const ListData>>()) return Items(*list);
  ListData items{{}, Sequence::List, 1};
  if (const DictData* dict = value.dict()) {
    budget.charge(dict->entries.size());
    for (const auto& entry : dict->entries) items.items.push_back(entry.first);
    items.nesting = dict->nesting;
  } else if (const std::string* text = value.text()) {
    budget.charge(text->size());
    for (std::string_view rest = *text; !rest.empty();) {
      const std::size_t length = firstCharacter(rest).length;
      items.items.emplace_back(rest.substr(0, length));
      rest.remove_prefix(length);
    }
  } else if (!value.isUndefined()) {
    fail("A value of type " + std::string(value.typeName()) + " cannot be iterated over.");
  }
  return Items(std::make_shared<const ListData>(std::move(items)));
}

std::int64_t lengthOf(const Value& value) {
  if (value.isUndefined()) return 0;
  if (const auto* text = value.text()) return static_cast<std::int64_t>(countCharacters(*text));
  if (const auto* list = value.list()) return static_cast<std::int64_t>(list->items.size());
  if (const auto* dict = value.dict()) return static_cast<std::int64_t>(dict->entries.size());
  fail("A value of type " + std::string(value.typeName()) + " has no length.");
}

}  // namespace core::text::jinja
