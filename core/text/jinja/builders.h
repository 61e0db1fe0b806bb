#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/text/jinja/containers.h"

namespace core::text::jinja {

/// The way to a new text: every byte is paid for before it is appended.
class Text {
 public:
  explicit Text(Budget& budget) : m_budget(&budget) {}
  Text(std::string_view text, Budget& budget) : Text(budget) { *this += text; }
  /// @throws Failure beyond the limits
  Text& operator+=(std::string_view part);
  std::size_t size() const { return m_text.size(); }
  Budget& budget() const { return *m_budget; }
  std::string_view view() const { return m_text; }
  std::string take() && { return std::move(m_text); }
  Value value() &&;

 private:
  std::string m_text;
  Budget* m_budget;
};

inline Value newText(std::string_view text, Budget& budget) { return Text(text, budget).value(); }

/// The way to a new list or tuple.
class ListBuilder {
 public:
  explicit ListBuilder(Budget& budget) : m_budget(budget) {}
  void push(Value item);
  void push(std::string_view text) { push(newText(text, m_budget)); }
  /// The other way round, for what was found from the end.
  void reverse();
  std::size_t size() const { return m_items.size(); }
  /// @throws Failure when nested too deeply
  List list(Sequence kind = Sequence::List) &&;
  Value value(Sequence kind = Sequence::List) &&;

 private:
  std::shared_ptr<const ListData> data(Sequence kind);

  Budget& m_budget;
  std::vector<Value> m_items;
  int m_deepest = 0;
};

/// (first, second).
Value newPair(const Value& first, const Value& second, Budget& budget);

/// The way to a new dictionary. Later entries replace earlier ones of an equal key.
class DictBuilder {
 public:
  explicit DictBuilder(Budget& budget) : m_budget(budget) {}
  /// @throws Failure for a key that is a list or dictionary
  void set(Value key, Value value);
  /// @throws Failure when nested too deeply
  Value value() &&;

 private:
  Budget& m_budget;
  std::vector<std::pair<Value, Value>> m_entries;
  int m_deepest = 0;
};

}  // namespace core::text::jinja
