#include "core/text/sentencepiece_tokenizer.h"

#include <algorithm>
#include <queue>

#include "core/text/unicode.h"

namespace core::text {

namespace {

/// A place in the text or among the symbols: encode() refuses texts that need more.
using Index = std::uint32_t;
constexpr Index kNoSymbol = ~Index{0};

/// A piece of the text in a doubly linked list; length 0 once merged away.
struct Symbol {
  Index begin;
  Index length;
  Index previous;
  Index next;
};

struct Merge {
  float score;
  Index left;
  Index right;
  Index length;  ///< of the union when it was found: tells whether it is still current
};

/// The best score is on top; of equal ones the leftmost.
struct IsWorse {
  bool operator()(const Merge& a, const Merge& b) const {
    return a.score < b.score || (a.score == b.score && a.left > b.left);
  }
};

std::vector<Symbol> charactersOf(std::string_view text) {
  std::vector<Symbol> symbols;
  for (Index at = 0; at < text.size();) {
    // An ill-formed byte is a symbol of its own and ends as a byte token.
    const Utf8Step step = firstCharacter(text.substr(at));
    const Index length = step.kind == Utf8Kind::Complete ? static_cast<Index>(step.length) : 1;
    const auto index = static_cast<Index>(symbols.size());
    symbols.push_back({at, length, index == 0 ? kNoSymbol : index - 1, index + 1});
    at += length;
  }
  if (!symbols.empty()) symbols.back().next = kNoSymbol;
  return symbols;
}

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(const VocabularyData& data)
    : VocabularyTokenizer(data),
      m_cuts(vocabulary()),
      m_merges(data.merges, vocabulary()),
      m_hasMerges(!data.merges.empty()),
      m_ignoresMerges(data.ignoresMerges),
      m_fusesUnknown(data.fusesUnknown) {
  for (std::size_t i = 0; i < vocabulary().size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    if (vocabulary().type(id) != TokenType::Byte) continue;
    if (const auto byte = byteOfPiece(vocabulary().text(id))) m_byteTokens[*byte] = id;
  }
  if (m_hasMerges) internSymbols();
}

/// Makes symbols of what a text begins as: single characters, bytes and the unknown token.
void SentencePieceTokenizer::internSymbols() {
  for (std::size_t i = 0; i < vocabulary().size(); ++i) {
    const std::string& text = vocabulary().text(static_cast<TokenId>(i));
    const bool isCharacter = !text.empty() && firstCharacter(text).length == text.size();
    if (!isCharacter) continue;
    const PairMerges::Symbol symbol = m_merges.intern(text, vocabulary().find(text));
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < m_asciiSymbols.size() && m_merges.token(symbol)) m_asciiSymbols[first] = symbol;
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    if (const auto token = m_byteTokens[byte]) m_byteSymbols[byte] = m_merges.intern(vocabulary().text(*token), token);
  }
  if (const auto unknown = vocabulary().unknown())
    m_unknownSymbol = m_merges.intern(vocabulary().text(*unknown), unknown);
}

void SentencePieceTokenizer::forEachPart(std::string_view word, const PreTokenizer::Visit& visit) const {
  m_ignoresMerges ? visit(word) : m_cuts.forEachPart(word, visit);
}

void SentencePieceTokenizer::encodeWord(std::string_view word, std::vector<TokenId>& out) const {
  if (const auto whole = m_ignoresMerges ? vocabulary().find(word) : std::nullopt) {
    out.push_back(*whole);
  } else if (m_hasMerges) {
    encodeByRank(word, out);
  } else {
    encodeByScore(word, out);
  }
}

void SentencePieceTokenizer::encodeByRank(std::string_view text, std::vector<TokenId>& out) const {
  std::vector<PairMerges::Symbol> symbols;
  bool wasUnknown = false;
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    // An ill-formed byte is a character of its own and ends as a byte token.
    const std::size_t length = step.kind == Utf8Kind::Complete ? step.length : 1;
    const std::size_t before = symbols.size();
    appendSymbols(rest.substr(0, length), symbols);
    rest.remove_prefix(length);
    const bool isUnknown = symbols.size() == before + 1 && symbols.back() == m_unknownSymbol;
    if (isUnknown && wasUnknown && m_fusesUnknown) symbols.pop_back();
    wasUnknown = isUnknown;
  }
  m_merges.apply(symbols);
  for (const PairMerges::Symbol symbol : symbols) {
    if (const auto token = m_merges.token(symbol)) {
      out.push_back(*token);
    } else {
      appendToken(m_merges.text(symbol), out);
    }
  }
}

/// The symbol of a character, or of its bytes, or of the unknown token; nothing where there is none of them.
void SentencePieceTokenizer::appendSymbols(std::string_view character, std::vector<PairMerges::Symbol>& out) const {
  const auto first = static_cast<unsigned char>(character[0]);
  if (first < m_asciiSymbols.size() && m_asciiSymbols[first]) return out.push_back(*m_asciiSymbols[first]);
  if (const auto symbol = m_merges.find(character); symbol && m_merges.token(*symbol)) return out.push_back(*symbol);
  const auto hasToken = [&](char c) { return m_byteTokens[static_cast<unsigned char>(c)].has_value(); };
  if (std::ranges::all_of(character, hasToken)) {
    for (const char c : character) out.push_back(m_byteSymbols[static_cast<unsigned char>(c)]);
  } else if (m_unknownSymbol) {
    out.push_back(*m_unknownSymbol);
  }
}

void SentencePieceTokenizer::encodeByScore(std::string_view text, std::vector<TokenId>& out) const {
  std::vector<Symbol> symbols = charactersOf(text);
  std::priority_queue<Merge, std::vector<Merge>, IsWorse> queue;
  const auto consider = [&](Index left, Index right) {
    if (left == kNoSymbol || right == kNoSymbol) return;
    const Index length = symbols[left].length + symbols[right].length;
    const auto token = vocabulary().find(text.substr(symbols[left].begin, length));
    if (token) queue.push({vocabulary().score(*token), left, right, length});
  };
  for (Index i = 1; i < symbols.size(); ++i) consider(i - 1, i);
  while (!queue.empty()) {
    const Merge merge = queue.top();
    queue.pop();
    Symbol& left = symbols[merge.left];
    Symbol& right = symbols[merge.right];
    if (left.length == 0 || right.length == 0 || left.length + right.length != merge.length) continue;
    left.length += right.length;
    right.length = 0;
    left.next = right.next;
    if (right.next != kNoSymbol) symbols[right.next].previous = merge.left;
    consider(left.previous, merge.left);
    consider(merge.left, left.next);
  }
  for (const Symbol& symbol : symbols) {
    if (symbol.length != 0) appendToken(text.substr(symbol.begin, symbol.length), out);
  }
}

void SentencePieceTokenizer::appendToken(std::string_view symbol, std::vector<TokenId>& out) const {
  if (const auto token = vocabulary().find(symbol)) {
    out.push_back(*token);
    return;
  }
  for (const char c : symbol) {
    const auto& byteToken = m_byteTokens[static_cast<unsigned char>(c)];
    if (!byteToken) {  // a vocabulary without this byte: one unknown for the whole character
      if (vocabulary().unknown()) out.push_back(*vocabulary().unknown());
      return;
    }
    out.push_back(*byteToken);
  }
}

}  // namespace core::text
