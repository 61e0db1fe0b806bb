#include "core/text/jinja/builders.h"

namespace core::text::jinja {

namespace {

constexpr std::size_t kTextOverhead = 64;  // of a shared string, beside its characters

int checkedNesting(int deepest) {
  if (deepest >= Budget::kNesting) {
    throw Failure{ErrorCode::Unsupported, "It makes values nested more deeply than the limit of 64 levels."};
  }
  return deepest + 1;
}

}  // namespace

Text& Text::operator+=(std::string_view part) {
  if (part.size() > Budget::kTextBytes - m_text.size()) {
    throw Failure{ErrorCode::Unsupported, "It makes a text longer than the limit of 4 MiB."};
  }
  m_budget->make(part.size());
  m_text += part;
  return *this;
}

Value Text::value() && {
  m_budget->make(kTextOverhead);
  return Value::literal(std::move(m_text));
}

void ListBuilder::push(Value item) {
  m_budget.make(sizeof(Value));
  m_deepest = std::max(m_deepest, item.nesting());
  m_items.push_back(std::move(item));
}

void ListBuilder::reverse() {
  m_budget.step(m_items.size());
  std::reverse(m_items.begin(), m_items.end());
}

std::shared_ptr<const ListData> ListBuilder::data(Sequence kind) {
  m_budget.make(sizeof(ListData));
  return std::make_shared<const ListData>(ListData{std::move(m_items), kind, checkedNesting(m_deepest), 0});
}

List ListBuilder::list(Sequence kind) && { return {data(kind), m_budget}; }

Value ListBuilder::value(Sequence kind) && {
  Value made;
  made.m_value = data(kind);
  return made;
}

Value newPair(const Value& first, const Value& second, Budget& budget) {
  ListBuilder pair(budget);
  pair.push(first);
  pair.push(second);
  return std::move(pair).value(Sequence::Tuple);
}

void DictBuilder::set(Value key, Value value) {
  if (key.isSequence() && key.sequenceKind() == Sequence::List) fail("A list cannot be the key of a dictionary.");
  if (key.isDict()) fail("A dictionary cannot be the key of a dictionary.");
  m_budget.make(2 * sizeof(Value));
  m_deepest = std::max({m_deepest, key.nesting(), value.nesting()});
  const auto same = std::find_if(m_entries.begin(), m_entries.end(),
                                 [&](const auto& entry) { return equal(entry.first, key, m_budget); });
  if (same == m_entries.end()) {
    m_entries.emplace_back(std::move(key), std::move(value));
  } else {
    same->second = std::move(value);
  }
}

Value DictBuilder::value() && {
  m_budget.make(sizeof(DictData));
  Value made;
  made.m_value = std::make_shared<const DictData>(DictData{std::move(m_entries), checkedNesting(m_deepest)});
  return made;
}

Value Value::callable(Callable callable, Budget& budget) {
  checkedNesting(callable.self.nesting());
  budget.make(sizeof(Callable));
  Value made;
  made.m_value = std::make_shared<const Callable>(std::move(callable));
  return made;
}

Value Value::loop(const LoopData& data, Budget& budget) {
  checkedNesting(data.items.nesting());
  budget.make(sizeof(LoopData));
  Value made;
  made.m_value = std::make_shared<const LoopData>(data);
  return made;
}

}  // namespace core::text::jinja
