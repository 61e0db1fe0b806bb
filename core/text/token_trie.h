#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/text/flat_table.h"
#include "core/text/vocabulary.h"

namespace core::text {

/// The tokens that ordinary text may become as a tree of their bytes: all tokens that a text begins with are found in
/// one walk.
class TokenTrie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr TokenId kNone = -1;

  /// Longer tokens are not found: no model has one, and texts of many that nearly match would take long.
  static constexpr std::size_t kLongest = 256;

  /// @throws Error (Unsupported) for tokens of more than 16 MiB
  explicit TokenTrie(const Vocabulary& vocabulary);

  std::optional<Node> child(Node node, char byte) const {
    const Node* const found = m_children.find(keyOf(node, byte));
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
  /// The node of a text; nothing where no token begins with it.
  std::optional<Node> find(std::string_view text) const;
  /// The token that ends here, or kNone.
  TokenId token(Node node) const { return m_tokens[node]; }

 private:
  static std::uint64_t keyOf(Node node, char byte) {
    return std::uint64_t{node} << 8U | static_cast<unsigned char>(byte);
  }
  FlatTable<Node> m_children;
  std::vector<TokenId> m_tokens;  ///< by node
};

}  // namespace core::text
