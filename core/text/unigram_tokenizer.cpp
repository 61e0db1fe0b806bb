#include "core/text/unigram_tokenizer.h"

#include <algorithm>

#include "core/text/unicode.h"

namespace core::text {

UnigramTokenizer::UnigramTokenizer(const VocabularyData& data)
    : VocabularyTokenizer(data), m_trie(vocabulary()), m_cuts(vocabulary()), m_fusesUnknown(data.fusesUnknown) {
  constexpr double kUnknownPenalty = 10.0;
  for (std::size_t i = 0; i < vocabulary().size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const double score = vocabulary().score(id);
    m_unknownScore = i == 0 ? score : std::min(m_unknownScore, score);
    if (vocabulary().type(id) != TokenType::Byte) continue;
    if (const auto byte = byteOfPiece(vocabulary().text(id))) m_byteTokens[*byte] = id;
  }
  m_unknownScore -= kUnknownPenalty;
}

void UnigramTokenizer::forEachPart(std::string_view word, const PreTokenizer::Visit& visit) const {
  constexpr std::size_t kShort = std::size_t{64} << 10;
  if (word.size() <= kShort) return visit(word);
  std::size_t begin = 0, end = 0;  // of what has not been visited
  const auto flush = [&] {
    if (end > begin) visit(word.substr(begin, end - begin));
    begin = end;
  };
  m_cuts.forEachPart(word, [&](std::string_view part) {
    if (end - begin + part.size() > kShort) flush();
    end += part.size();
  });
  flush();
}

/// Tries every token that begins at a place, or the unknown character there.
void UnigramTokenizer::extend(std::string_view word, std::size_t begin, std::vector<Best>& best) const {
  const double before = best[begin].score;
  const auto offer = [&](std::size_t end, double score, TokenId token) {
    Best& there = best[end];
    if (!there.isReached || score > there.score) there = {score, static_cast<std::uint32_t>(begin), token, true};
  };
  const std::size_t character = firstCharacter(word.substr(begin)).length;
  bool isKnown = false;
  std::optional<TokenTrie::Node> node = TokenTrie::kRoot;
  for (std::size_t at = begin; at < word.size(); ++at) {
    node = m_trie.child(*node, word[at]);
    if (!node) break;
    const TokenId token = m_trie.token(*node);
    if (token == kUnknown) continue;
    const bool isFree = vocabulary().type(token) == TokenType::UserDefined;
    offer(at + 1, before + (isFree ? 0.0 : vocabulary().score(token)), token);
    isKnown = isKnown || at + 1 - begin == character;
  }
  if (!isKnown) offer(begin + character, before + m_unknownScore, kUnknown);
}

void UnigramTokenizer::encodeWord(std::string_view word, std::vector<TokenId>& out) const {
  std::vector<Best> best(word.size() + 1);
  best[0].isReached = true;
  for (std::size_t at = 0; at < word.size(); at += firstCharacter(word.substr(at)).length)
    if (best[at].isReached) extend(word, at, best);
  std::vector<std::size_t> ends;  // of the tokens, last first
  for (std::size_t end = word.size(); end > 0; end = best[end].begin) ends.push_back(end);
  std::size_t unknownBegin = 0, unknownEnd = 0;  // not appended yet
  const auto flush = [&] {
    if (unknownEnd > unknownBegin) appendUnknown(word.substr(unknownBegin, unknownEnd - unknownBegin), out);
    unknownBegin = unknownEnd = 0;
  };
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
    const Best& step = best[*end];
    if (step.token == kUnknown) {
      if (unknownEnd != step.begin || !m_fusesUnknown) flush();
      if (unknownEnd == unknownBegin) unknownBegin = step.begin;
      unknownEnd = *end;
    } else {
      flush();
      out.push_back(step.token);
    }
  }
  flush();
}

/// The bytes of a text, or one unknown token.
void UnigramTokenizer::appendUnknown(std::string_view text, std::vector<TokenId>& out) const {
  const auto byteToken = [&](char c) { return m_byteTokens[static_cast<unsigned char>(c)]; };
  if (std::ranges::all_of(text, [&](char c) { return byteToken(c).has_value(); })) {
    for (const char c : text) out.push_back(*byteToken(c));
  } else if (vocabulary().unknown()) {
    out.push_back(*vocabulary().unknown());
  }
}

}  // namespace core::text
