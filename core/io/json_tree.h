#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/io/json_reader.h"

namespace core::io {

/// A small JSON value with its parts, for texts whose shape varies too much to be followed piece by piece.
class JsonTree {
 public:
  /// Null, a scalar, or a container when `container` is set.
  std::optional<JsonContainer> container = {};
  JsonScalar scalar = {};
  std::vector<std::pair<std::string, JsonTree>> children = {};  ///< the keys are empty in an array

  bool isNull() const { return !container && std::holds_alternative<std::monostate>(scalar); }
  bool isObject() const { return container == JsonContainer::Object; }
  /// The member of an object; null when there is none or it is JSON's null.
  const JsonTree* find(std::string_view key) const;
  /// The member's text; nothing when it is absent or of another kind. The same for the other kinds.
  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  std::optional<std::uint64_t> number(std::string_view key) const;
};

/// Builds one tree after the other from a visitor's events.
class JsonTreeBuilder final : public JsonVisitor {
 public:
  /// @param maxValues of one tree  @param source how sentences call the file
  JsonTreeBuilder(std::size_t maxValues, std::string_view source) : m_maxValues(maxValues), m_source(source) {}

  void onBegin(JsonContainer container) override;
  void onEnd(JsonContainer container) override;
  void onKey(std::string key) override { m_key = std::move(key); }
  void onScalar(JsonScalar value) override;

  /// Whether the value that was begun has ended, and can be taken.
  bool isComplete() const { return m_open.empty(); }
  JsonTree take() { return std::move(m_root); }

 private:
  JsonTree& add();

  JsonTree m_root;
  std::vector<JsonTree*> m_open;  ///< containers from the root inwards
  std::string m_key;
  std::size_t m_maxValues, m_values = 0;
  std::string_view m_source;
};

}  // namespace core::io
