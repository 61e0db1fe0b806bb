#pragma once
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/jinja/value.h"

namespace core::text::jinja {

struct ListData {
  std::vector<Value> items;
  Sequence kind;
  int nesting;                    ///< 1 + the deepest item
  mutable std::size_t taken = 0;  ///< of an iterator: how many of its items are gone
};
struct DictData {
  std::vector<std::pair<Value, Value>> entries;  ///< in order of insertion, keys unique
  int nesting;
};

/// Walks the elements of a container; every step is paid for.
template <typename Element>
class PaidIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = Element;
  using difference_type = std::ptrdiff_t;
  using pointer = const Element*;
  using reference = const Element&;

  PaidIterator() = default;
  PaidIterator(const Element* at, Budget* budget) : m_at(at), m_budget(budget) {}
  reference operator*() const { return *m_at; }
  pointer operator->() const { return m_at; }
  PaidIterator& operator++() {
    m_budget->step();
    ++m_at;
    return *this;
  }
  PaidIterator operator++(int) {
    PaidIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const PaidIterator& other) const { return m_at == other.m_at; }

 private:
  const Element* m_at = nullptr;
  Budget* m_budget = nullptr;
};

/// The items of a list or tuple, kept alive by this object: safe to loop over directly as a temporary.
class List {
 public:
  List(std::shared_ptr<const ListData> data, Budget& budget) : m_data(std::move(data)), m_budget(&budget) {}
  PaidIterator<Value> begin() const { return {m_data->items.data(), m_budget}; }
  PaidIterator<Value> end() const { return {m_data->items.data() + size(), m_budget}; }
  std::size_t size() const { return m_data->items.size(); }
  bool empty() const { return m_data->items.empty(); }
  Sequence kind() const { return m_data->kind; }
  int nesting() const { return m_data->nesting; }
  /// Of an iterator: what is left, which is gone then; its next item, nothing at the end.
  List takeRest() const;
  std::optional<Value> takeOne() const;
  /// @pre index < size()
  const Value& operator[](std::size_t index) const {
    m_budget->step();
    return m_data->items[index];
  }

 private:
  std::shared_ptr<const ListData> m_data;
  Budget* m_budget;
};

/// The entries of a dictionary, kept alive by this object.
class Dict {
 public:
  using Entry = std::pair<Value, Value>;
  Dict(std::shared_ptr<const DictData> data, Budget& budget) : m_data(std::move(data)), m_budget(&budget) {}
  PaidIterator<Entry> begin() const { return {m_data->entries.data(), m_budget}; }
  PaidIterator<Entry> end() const { return {m_data->entries.data() + size(), m_budget}; }
  std::size_t size() const { return m_data->entries.size(); }
  bool empty() const { return m_data->entries.empty(); }
  /// Null when there is no such key. The value lives as long as the dictionary.
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;

 private:
  std::shared_ptr<const DictData> m_data;
  Budget* m_budget;
};

/// namespace(): the one kind of value a template can change. It does not count as nesting: equality, printing and
/// destroying stop at it (the interpreter empties all of them at the end).
struct NamespaceData {
  std::vector<std::pair<std::string, Value>> attributes;
};

/// The variable `loop` inside a for.
struct LoopData {
  List items;
  std::size_t index0 = 0;
  std::size_t place = 0;     ///< among the loops that run (Interpreter)
  std::uint64_t serial = 0;  ///< which of those that ever ran there
  int depth0 = 0;            ///< calls of a recursive loop around it
};

struct Scope;
struct Stmt;

/// A function, a method bound to a value, or a macro. It keeps nothing alive but `self`, which counts as nesting.
struct Callable {
  using Function = Value (*)(Interpreter& interpreter, const Callable& self, const Arguments& arguments);
  std::string_view name;  ///< of a table or of the template's tree: both outlive every value
  Function function;
  Value self;                      ///< what a method is bound to
  const Stmt* macro = nullptr;     ///< what a macro runs
  std::weak_ptr<Scope> home = {};  ///< where it was defined: what else it sees
};

}  // namespace core::text::jinja
