#include "core/io/json_tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace core::io {

namespace {

template <typename T>
std::optional<T> member(const JsonTree& tree, std::string_view key) {
  const JsonTree* const found = tree.find(key);
  const T* const value = found == nullptr || found->container ? nullptr : std::get_if<T>(&found->scalar);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

}  // namespace

const JsonTree* JsonTree::find(std::string_view key) const {
  if (!isObject()) return nullptr;
  const auto found = std::ranges::find_if(children, [&](const auto& child) { return child.first == key; });
  return found == children.end() || found->second.isNull() ? nullptr : &found->second;
}

std::optional<std::string> JsonTree::text(std::string_view key) const { return member<std::string>(*this, key); }
std::optional<bool> JsonTree::flag(std::string_view key) const { return member<bool>(*this, key); }
std::optional<std::uint64_t> JsonTree::number(std::string_view key) const { return member<std::uint64_t>(*this, key); }

JsonTree& JsonTreeBuilder::add() {
  if (m_open.empty()) {
    m_values = 0;
    m_root.container.reset();
    m_root.scalar.emplace<std::monostate>();
    m_root.children.clear();
    return m_root;
  }
  if (++m_values > m_maxValues)
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: one of its parts has too many values.", m_source));
  return m_open.back()->children.emplace_back(std::exchange(m_key, {}), JsonTree()).second;
}

void JsonTreeBuilder::onBegin(JsonContainer container) {
  JsonTree& tree = add();
  tree.container = container;
  m_open.push_back(&tree);
}

void JsonTreeBuilder::onEnd(JsonContainer /*container*/) { m_open.pop_back(); }

void JsonTreeBuilder::onScalar(JsonScalar value) { add().scalar = std::move(value); }

}  // namespace core::io
