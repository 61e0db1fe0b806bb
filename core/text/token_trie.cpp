#include "core/text/token_trie.h"

#include "core/base/error.h"

namespace core::text {

namespace {

/// Nodes that there may be: one per byte of the tokens that are kept.
std::size_t bytesOfTokens(const Vocabulary& vocabulary) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const std::size_t size = vocabulary.text(static_cast<TokenId>(i)).size();
    if (size <= TokenTrie::kLongest) bytes += size;
  }
  constexpr std::size_t kMost = std::size_t{16} << 20;
  if (bytes > kMost) throw Error(ErrorCode::Unsupported, "The tokens of this tokenizer have more than 16 MiB.");
  return bytes;
}

}  // namespace

TokenTrie::TokenTrie(const Vocabulary& vocabulary) : m_children(bytesOfTokens(vocabulary)), m_tokens{kNone} {
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const std::string& text = vocabulary.text(id);
    // Tokens that a folder adds are found before, or not at all.
    const bool isAdded = vocabulary.type(id) == TokenType::UserDefined && !vocabulary.marksUnknown();
    if (isAdded || text.size() > kLongest || vocabulary.find(text) != id) continue;
    Node node = kRoot;
    for (const char c : text) {
      if (const auto known = child(node, c)) {
        node = *known;
        continue;
      }
      const auto made = static_cast<Node>(m_tokens.size());
      m_children.insert(keyOf(node, c), made);
      m_tokens.push_back(kNone);
      node = made;
    }
    m_tokens[node] = id;
  }
}

std::optional<TokenTrie::Node> TokenTrie::find(std::string_view text) const {
  std::optional<Node> node = kRoot;
  for (std::size_t i = 0; node && i < text.size(); ++i) node = child(*node, text[i]);
  return node;
}

}  // namespace core::text
