#include "core/text/sentencepiece_tokenizer.h"

#include <charconv>
#include <queue>

#include "core/text/unicode.h"

namespace core::text {

namespace {

constexpr std::string_view kBlank = "\xE2\x96\x81";  // U+2581

/// The byte of a token written "<0x0A>", or nothing.
std::optional<unsigned char> byteOf(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return std::nullopt;
  unsigned value = 0;
  const auto parsed = std::from_chars(piece.data() + 3, piece.data() + 5, value, 16);
  if (parsed.ec != std::errc() || parsed.ptr != piece.data() + 5) return std::nullopt;
  return static_cast<unsigned char>(value);
}

/// A place in the text or among the symbols: encode() refuses texts that need more.
using Index = std::uint32_t;
constexpr Index kNone = ~Index{0};

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
    symbols.push_back({at, length, index == 0 ? kNone : index - 1, index + 1});
    at += length;
  }
  if (!symbols.empty()) symbols.back().next = kNone;
  return symbols;
}

Vocabulary::Defaults llamaDefaults() { return {1, 2, 0, true, true}; }

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(const io::Metadata& metadata)
    : m_vocabulary(metadata, llamaDefaults()), m_splitter(m_vocabulary) {
  for (std::size_t i = 0; i < m_vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    if (m_vocabulary.type(id) != TokenType::Byte) continue;
    if (const auto byte = byteOf(m_vocabulary.text(id))) m_byteTokens[*byte] = id;
  }
}

std::vector<TokenId> SentencePieceTokenizer::encode(std::string_view text, SpecialTokens special) const {
  checkLength(text);
  std::vector<TokenId> out;
  bool afterSpecial = true;  // the start counts as one: the prefix blank goes there
  for (const Fragment& fragment : m_splitter.split(text, special)) {
    if (fragment.token) {
      out.push_back(*fragment.token);
      afterSpecial = true;
      continue;
    }
    std::string escaped;
    if (m_vocabulary.addsSpacePrefix() && afterSpecial) escaped += kBlank;
    for (const char c : fragment.text) {
      if (c == ' ') {
        escaped += kBlank;
      } else {
        escaped += c;
      }
    }
    encodeText(escaped, out);
    afterSpecial = false;
  }
  return out;
}

void SentencePieceTokenizer::encodeText(const std::string& escaped, std::vector<TokenId>& out) const {
  const std::string_view text = escaped;
  std::vector<Symbol> symbols = charactersOf(text);
  std::priority_queue<Merge, std::vector<Merge>, IsWorse> queue;
  const auto consider = [&](Index left, Index right) {
    if (left == kNone || right == kNone) return;
    const Index length = symbols[left].length + symbols[right].length;
    const auto token = m_vocabulary.find(text.substr(symbols[left].begin, length));
    if (token) queue.push({m_vocabulary.score(*token), left, right, length});
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
    if (right.next != kNone) symbols[right.next].previous = merge.left;
    consider(left.previous, merge.left);
    consider(merge.left, left.next);
  }
  for (const Symbol& symbol : symbols) {
    if (symbol.length != 0) appendToken(text.substr(symbol.begin, symbol.length), out);
  }
}

void SentencePieceTokenizer::appendToken(std::string_view symbol, std::vector<TokenId>& out) const {
  if (const auto token = m_vocabulary.find(symbol)) {
    out.push_back(*token);
    return;
  }
  for (const char c : symbol) {
    const auto& byteToken = m_byteTokens[static_cast<unsigned char>(c)];
    if (!byteToken) {  // a vocabulary without this byte: one unknown for the whole character
      if (m_vocabulary.unknown()) out.push_back(*m_vocabulary.unknown());
      return;
    }
    out.push_back(*byteToken);
  }
}

std::string SentencePieceTokenizer::bytes(TokenId id) const {
  if (!m_vocabulary.has(id)) return placeholder(id);
  const std::string& piece = m_vocabulary.text(id);
  switch (m_vocabulary.type(id)) {
    case TokenType::Control:
      return {};
    case TokenType::Unknown:
      return " \xE2\x81\x87 ";  // what SentencePiece shows: U+2047 between blanks
    case TokenType::UserDefined:
      return piece;
    case TokenType::Byte:
      if (const auto byte = byteOf(piece)) return std::string(1, static_cast<char>(*byte));
      return piece;
    default:
      break;
  }
  std::string text;
  for (std::size_t at = 0; at < piece.size();) {
    if (piece.compare(at, kBlank.size(), kBlank) == 0) {
      text += ' ';
      at += kBlank.size();
    } else {
      text += piece[at++];
    }
  }
  return text;
}

}  // namespace core::text
