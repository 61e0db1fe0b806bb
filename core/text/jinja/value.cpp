#include "core/text/jinja/value.h"

#include <algorithm>
#include <array>

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

Value Value::asMarkup() const {
  Value made;
  made.m_value = Markup{*rawText()};
  return made;
}

const Value::TextPtr* Value::rawText() const {
  const auto* markup = std::get_if<Markup>(&m_value);
  return markup != nullptr ? &markup->text : std::get_if<TextPtr>(&m_value);
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

bool Value::isList() const {
  const auto* list = std::get_if<std::shared_ptr<const ListData>>(&m_value);
  return list != nullptr && (*list)->kind <= Sequence::Group;
}

bool Value::isIterator() const { return isSequence() && sequenceKind() == Sequence::Iterator; }

Sequence Value::sequenceKind() const { return std::get<std::shared_ptr<const ListData>>(m_value)->kind; }

bool Value::truthy() const {
  if (isIterator()) return true;
  if (isUndefined() || isNone()) return false;
  if (const auto value = number()) return *value != 0.0;
  if (const TextPtr* text = rawText()) return !(*text)->empty();
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
  if (isSequence()) {
    static constexpr std::array<std::string_view, 8> kNames = {"list",      "tuple",       "tuple",      "range",
                                                               "dict_keys", "dict_values", "dict_items", "iterator"};
    return kNames[static_cast<std::size_t>(sequenceKind())];
  }
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
  const TextPtr* shared = rawText();
  if (shared == nullptr) return nullptr;
  budget.read((*shared)->size());
  return shared->get();
}

List Value::list(Budget& budget) const { return {get<std::shared_ptr<const ListData>>(), budget}; }

Dict Value::dict(Budget& budget) const { return {get<std::shared_ptr<const DictData>>(), budget}; }

List List::takeRest() const {
  const std::size_t gone = std::exchange(m_data->taken, size());
  if (gone == 0) return *this;
  ListBuilder rest(*m_budget);
  for (std::size_t i = gone; i < size(); ++i) rest.push((*this)[i]);
  return std::move(rest).list();
}

std::optional<Value> List::takeOne() const {
  if (m_data->taken >= size()) return std::nullopt;
  return (*this)[m_data->taken++];
}

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
  const auto kind = [](const List& list) { return list.kind() == Sequence::Group ? Sequence::Tuple : list.kind(); };
  return kind(a) == kind(b) && a.size() == b.size() &&
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
  if (a.isSequence() && b.isSequence() && a.sequenceKind() == b.sequenceKind() && !a.isIterator()) {
    return equalLists(a.list(budget), b.list(budget), budget);
  }
  return (a.isUndefined() && b.isUndefined()) || identical(a, b, budget);
}

bool identical(const Value& a, const Value& b, Budget& budget) {
  if (a.m_value.index() != b.m_value.index()) return false;
  if (a.isText() || a.isNumber()) return equal(a, b, budget);  // Markup and text are of two kinds
  return a.isNone() || std::visit(
                           [&](const auto& own) {
                             using Held = std::decay_t<decltype(own)>;
                             if constexpr (requires {
                                             own.get();
                                             own == own;
                                           }) {
                               return own == std::get<Held>(b.m_value);
                             } else {
                               return false;
                             }
                           },
                           a.m_value);
}

bool less(const Value& a, const Value& b, Budget& budget) {
  budget.step();
  if (a.integer() && b.integer()) return *a.integer() < *b.integer();
  if (a.isNumber() && b.isNumber()) return *a.number() < *b.number();
  // Bytes of UTF-8 order as code points do.
  if (a.isText() && b.isText()) return *a.text(budget) < *b.text(budget);
  if (a.isList() && b.isList() && (a.sequenceKind() == Sequence::List) == (b.sequenceKind() == Sequence::List)) {
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
  if (!container.isSequence()) {
    fail("`in` needs a string, list or dictionary on its right, not " + container.description() + ".");
  }
  const List list = iterate(container, budget);
  return std::any_of(list.begin(), list.end(), [&](const Value& element) { return equal(element, item, budget); });
}

List iterate(const Value& value, Budget& budget) {
  if (value.isSequence() && !value.isIterator()) return value.list(budget);
  if (value.isIterator()) return value.list(budget).takeRest();
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
  if (value.isSequence() && !value.isIterator()) return static_cast<std::int64_t>(value.list(budget).size());
  if (value.isDict()) return static_cast<std::int64_t>(value.dict(budget).size());
  fail("A value of type " + std::string(value.typeName()) + " has no length.");
}

}  // namespace core::text::jinja
