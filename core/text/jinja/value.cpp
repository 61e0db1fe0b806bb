#include "core/text/jinja/value.h"

#include <algorithm>

#include "core/text/jinja/builders.h"
#include "core/text/jinja/text_search.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

const Value* Arguments::find(std::size_t position, std::string_view name) const {
  if (position < positional.size()) return &positional[position];
  for (const auto& [key, value] : named) {
    if (key == name) return &value;
  }
  return nullptr;
}

Value Value::none() {
  Value made;
  made.m_value = None{};
  return made;
}

Value Value::undefined(std::string_view name, Budget& budget) {
  Value made;
  made.m_value = Undefined{std::make_shared<const std::string>(Text(name, budget).take())};
  return made;
}

Value Value::literal(std::string text) {
  Value made;
  made.m_value = std::make_shared<const std::string>(std::move(text));
  return made;
}

std::optional<std::int64_t> Value::integer() const {
  if (const auto* i = std::get_if<std::int64_t>(&m_value)) return *i;
  if (const auto* b = std::get_if<bool>(&m_value)) return *b ? 1 : 0;
  return std::nullopt;
}

std::optional<double> Value::number() const {
  if (const auto* d = std::get_if<double>(&m_value)) return *d;
  if (const auto i = integer()) return static_cast<double>(*i);
  return std::nullopt;
}

bool Value::truthy() const {
  if (isUndefined() || isNone()) return false;
  if (const auto value = number()) return *value != 0.0;
  if (const auto text = get<TextPtr>()) return !text->empty();
  if (const auto list = get<std::shared_ptr<const ListData>>()) return !list->items.empty();
  if (const auto dict = get<std::shared_ptr<const DictData>>()) return !dict->entries.empty();
  return true;
}

std::string_view Value::typeName() const {
  if (isUndefined()) return "undefined";
  if (isNone()) return "none";
  if (isBoolean()) return "boolean";
  if (isInteger()) return "integer";
  if (isFloat()) return "float";
  if (isText()) return "string";
  if (const auto list = get<std::shared_ptr<const ListData>>()) return list->kind == Sequence::List ? "list" : "tuple";
  if (isDict()) return "dictionary";
  if (space()) return "namespace";
  return loop() ? "loop" : "function";
}

std::string Value::undefinedName() const {
  const auto* undefined = std::get_if<Undefined>(&m_value);
  return undefined != nullptr && undefined->name ? inQuotes(*undefined->name) : "The value";
}

std::string Value::description() const {
  const auto* undefined = std::get_if<Undefined>(&m_value);
  if (undefined != nullptr && undefined->name) return undefinedName() + ", which is undefined";
  return "a value of type " + std::string(typeName());
}

int Value::nesting() const {
  if (const auto list = get<std::shared_ptr<const ListData>>()) return list->nesting;
  if (const auto dict = get<std::shared_ptr<const DictData>>()) return dict->nesting;
  if (const auto inner = loop()) return inner->items.nesting() + 1;
  if (const auto function = callable()) return function->self.nesting() + 1;
  return 0;
}

const std::string* Value::text(Budget& budget) const {
  const auto* shared = std::get_if<TextPtr>(&m_value);
  if (shared == nullptr) return nullptr;
  budget.read((*shared)->size());
  return shared->get();
}

List Value::list(Budget& budget) const { return {get<std::shared_ptr<const ListData>>(), budget}; }

Dict Value::dict(Budget& budget) const { return {get<std::shared_ptr<const DictData>>(), budget}; }

const Value* Dict::find(const Value& key) const {
  const auto found =
      std::find_if(begin(), end(), [&](const Entry& entry) { return equal(entry.first, key, *m_budget); });
  return found == end() ? nullptr : &found->second;
}

const Value* Dict::find(std::string_view key) const {
  const auto found = std::find_if(begin(), end(), [&](const Entry& entry) {
    const std::string* name = entry.first.text(*m_budget);
    return name != nullptr && *name == key;
  });
  return found == end() ? nullptr : &found->second;
}

namespace {

bool equalLists(const List& a, const List& b, Budget& budget) {
  return a.kind() == b.kind() && a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](const Value& x, const Value& y) { return equal(x, y, budget); });
}

bool equalDicts(const Dict& a, const Dict& b, Budget& budget) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const Dict::Entry& entry) {
           const Value* other = b.find(entry.first);
           return other != nullptr && equal(entry.second, *other, budget);
         });
}

}  // namespace

bool equal(const Value& a, const Value& b, Budget& budget) {
  budget.step();
  if (a.integer() && b.integer()) return *a.integer() == *b.integer();
  if (a.isNumber() && b.isNumber()) return *a.number() == *b.number();
  if (a.isText() && b.isText()) return *a.text(budget) == *b.text(budget);
  if (a.isList() && b.isList()) return equalLists(a.list(budget), b.list(budget), budget);
  if (a.isDict() && b.isDict()) return equalDicts(a.dict(budget), b.dict(budget), budget);
  if (const auto space = a.space()) return space == b.space();
  return (a.isNone() && b.isNone()) || (a.isUndefined() && b.isUndefined());
}

bool less(const Value& a, const Value& b, Budget& budget) {
  budget.step();
  if (a.integer() && b.integer()) return *a.integer() < *b.integer();
  if (a.isNumber() && b.isNumber()) return *a.number() < *b.number();
  // Bytes of UTF-8 order as code points do.
  if (a.isText() && b.isText()) return *a.text(budget) < *b.text(budget);
  if (a.isList() && b.isList() && a.list(budget).kind() == b.list(budget).kind()) {
    const List x = a.list(budget);
    const List y = b.list(budget);
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(x[i], y[i], budget)) return less(x[i], y[i], budget);
    }
    return x.size() < y.size();
  }
  fail("A value of type " + std::string(a.typeName()) + " cannot be ordered against one of type " +
       std::string(b.typeName()) + ".");
}

bool contains(const Value& container, const Value& item, Budget& budget) {
  if (const std::string* text = container.text(budget)) {
    const std::string* part = item.text(budget);
    if (part == nullptr) fail("Only a string can be in a string, not " + item.description() + ".");
    return TextSearch(*part, budget).find(*text) != std::string_view::npos;
  }
  if (container.isDict()) return container.dict(budget).find(item) != nullptr;
  if (container.isUndefined()) return false;
  if (!container.isList()) {
    fail("`in` needs a string, list or dictionary on its right, not " + container.description() + ".");
  }
  const List list = container.list(budget);
  return std::any_of(list.begin(), list.end(), [&](const Value& element) { return equal(element, item, budget); });
}

List iterate(const Value& value, Budget& budget) {
  if (value.isList()) return value.list(budget);
  ListBuilder items(budget);
  if (value.isDict()) {
    for (const auto& entry : value.dict(budget)) items.push(entry.first);
  } else if (const std::string* text = value.text(budget)) {
    for (std::string_view rest = *text; !rest.empty();) {
      const std::size_t length = firstCharacter(rest).length;
      items.push(rest.substr(0, length));
      rest.remove_prefix(length);
    }
  } else if (!value.isUndefined()) {
    fail("A value of type " + std::string(value.typeName()) + " cannot be iterated over.");
  }
  return std::move(items).list();
}

std::int64_t lengthOf(const Value& value, Budget& budget) {
  if (value.isUndefined()) return 0;
  if (const std::string* text = value.text(budget)) return static_cast<std::int64_t>(countCharacters(*text));
  if (value.isList()) return static_cast<std::int64_t>(value.list(budget).size());
  if (value.isDict()) return static_cast<std::int64_t>(value.dict(budget).size());
  fail("A value of type " + std::string(value.typeName()) + " has no length.");
}

}  // namespace core::text::jinja
