#include "app/workspaces/chat/token_names.h"

namespace app {

TokenNames::TokenNames(const core::text::Tokenizer& tokenizer) {
  m_ids.reserve(tokenizer.size());
  for (std::size_t i = 0; i < tokenizer.size(); ++i) {
    const auto id = static_cast<core::text::TokenId>(i);
    const std::string bytes = tokenizer.bytes(id);
    // Where two stand for the same, the later one is the one that texts become: bytes come first, as a fallback.
    m_ids[bytes.empty() ? tokenizer.piece(id) : bytes] = id;
  }
}

core::text::TokenId TokenNames::find(const std::string& bytes) const {
  const auto found = m_ids.find(bytes);
  return found == m_ids.end() ? kNone : found->second;
}

}  // namespace app
