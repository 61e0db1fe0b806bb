#include "core/text/word_piece_tokenizer.h"

#include <array>

#include "core/text/unicode.h"

namespace core::text {

namespace {

void replaceAll(std::string& text, std::string_view pattern, std::string_view content) {
  for (std::size_t at = text.find(pattern); at != std::string::npos; at = text.find(pattern, at + content.size()))
    text.replace(at, pattern.size(), content);
}

/// What English does not write apart. Source: decoders/wordpiece.rs of Hugging Face's tokenizers.
std::string cleanedUp(std::string text) {
  constexpr std::array<std::array<std::string_view, 2>, 11> kRules = {{{" .", "."},
                                                                       {" ?", "?"},
                                                                       {" !", "!"},
                                                                       {" ,", ","},
                                                                       {" ' ", "'"},
                                                                       {" n't", "n't"},
                                                                       {" 'm", "'m"},
                                                                       {" do not", " don't"},
                                                                       {" 's", "'s"},
                                                                       {" 've", "'ve"},
                                                                       {" 're", "'re"}}};
  for (const auto& [pattern, content] : kRules) replaceAll(text, pattern, content);
  return text;
}

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(const VocabularyData& data)
    : VocabularyTokenizer(data),
      m_trie(vocabulary()),
      m_wordMark(data.wordMark),
      m_continuationMark(data.continuationMark),
      m_wordNode(m_trie.find(m_wordMark)),
      m_continuationNode(m_trie.find(m_continuationMark)),
      m_longestWord(data.longestWord),
      m_cleansUp(data.cleansUp) {}

void WordPieceTokenizer::encodeWord(std::string_view word, std::vector<TokenId>& out) const {
  const std::size_t before = out.size();
  const auto giveUp = [&] {
    out.resize(before);
    if (vocabulary().unknown()) out.push_back(*vocabulary().unknown());
  };
  if (word.empty()) return;
  if (m_longestWord != 0 && countCharacters(word) > m_longestWord) return giveUp();
  std::optional<TokenTrie::Node> first = m_wordNode;
  for (std::size_t begin = 0, end = 0; begin < word.size(); begin = end) {
    TokenId found = TokenTrie::kNone;
    std::optional<TokenTrie::Node> node = first;
    for (std::size_t at = begin; node && at < word.size();) {
      node = m_trie.child(*node, word[at++]);
      if (!node || m_trie.token(*node) == TokenTrie::kNone) continue;
      found = m_trie.token(*node);
      end = at;
    }
    if (found == TokenTrie::kNone) return giveUp();
    out.push_back(found);
    first = m_continuationNode;
  }
}

std::string WordPieceTokenizer::bytes(TokenId id) const {
  if (!vocabulary().has(id)) return placeholder(id);
  if (vocabulary().isSilent(id)) return {};
  std::string_view piece = vocabulary().text(id);
  const bool isAdded = vocabulary().type(id) == TokenType::UserDefined || vocabulary().type(id) == TokenType::Unknown;
  const bool begins = m_wordMark.empty() ? !piece.starts_with(m_continuationMark) : piece.starts_with(m_wordMark);
  if (!isAdded) piece.remove_prefix(begins ? m_wordMark.size() : m_continuationMark.size());
  std::string text = begins || isAdded ? " " : "";
  text += piece;
  return m_cleansUp ? cleanedUp(std::move(text)) : text;
}

}  // namespace core::text
