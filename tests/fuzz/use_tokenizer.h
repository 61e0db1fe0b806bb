#pragma once
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/utf8.h"
#include "core/text/detokenizer.h"

/// Uses a tokenizer in every way; aborts when it breaks its promises: ids in range, text that is UTF-8 and the same in
/// one piece or token by token.
class TokenizerUse {
 public:
  /// @param most tokens that the text may become
  TokenizerUse(const core::text::Tokenizer& tokenizer, std::string_view text, std::size_t most)
      : m_tokenizer(tokenizer), m_text(text), m_most(most) {}

  void run() const {
    using core::text::SpecialTokens;
    using core::text::TokenId;
    const auto size = static_cast<TokenId>(m_tokenizer.size());
    for (const TokenId id : {TokenId{-1}, size, TokenId{0}, size - 1}) {
      require(!m_tokenizer.piece(id).empty() || (id >= 0 && id < size));
      static_cast<void>(m_tokenizer.bytes(id));
      static_cast<void>(m_tokenizer.isEndOfGeneration(id));
    }
    for (const auto mode : {SpecialTokens::AsText, SpecialTokens::Parse}) {
      useIds(m_tokenizer.encode(m_text, mode));
      useIds(m_tokenizer.encodePrompt(m_text, mode));
    }
  }

 private:
  static void require(bool promise) {
    if (!promise) std::abort();
  }
  void useIds(const std::vector<core::text::TokenId>& ids) const {
    const auto size = static_cast<core::text::TokenId>(m_tokenizer.size());
    for (const core::text::TokenId id : ids) require(id >= 0 && id < size);
    require(ids.size() <= m_most);
    const std::string decoded = m_tokenizer.decode(ids);
    require(core::isValidUtf8(decoded));
    core::text::Detokenizer stream(
        std::shared_ptr<const core::text::Tokenizer>(std::shared_ptr<const core::text::Tokenizer>(), &m_tokenizer));
    std::string streamed;
    for (const core::text::TokenId id : ids) streamed += stream.push(id);
    require(streamed + stream.flush() == decoded);
  }

  const core::text::Tokenizer& m_tokenizer;
  std::string_view m_text;
  std::size_t m_most;
};

inline void useTokenizer(const core::text::Tokenizer& tokenizer, std::string_view text, std::size_t most) {
  TokenizerUse(tokenizer, text, most).run();
}
