#include "core/text/byte_level_tokenizer.h"

#include <queue>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace core::text {

namespace {

constexpr std::string_view kMerges = "tokenizer.ggml.merges";

/// GPT-2's table: printable Latin-1 bytes stand for themselves, the other 68 for U+0100 and on, in order.
std::array<std::uint32_t, 256> makeByteCharacters() {
  std::array<std::uint32_t, 256> table{};
  std::uint32_t next = 0x100;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
    table[byte] = printable ? byte : next++;
  }
  return table;
}

const std::array<std::uint32_t, 256>& byteCharacters() {
  static const std::array<std::uint32_t, 256> table = makeByteCharacters();
  return table;
}

/// The byte a character of the vocabulary stands for; -1 when it stands for none.
int byteOfCharacter(std::uint32_t character) {
  static const std::array<int, 0x144> table = [] {
    std::array<int, 0x144> made{};
    made.fill(-1);
    for (int byte = 0; byte < 256; ++byte) made[byteCharacters()[static_cast<std::size_t>(byte)]] = byte;
    return made;
  }();
  return character < table.size() ? table[character] : -1;
}

std::string asVocabularyWrites(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) appendUtf8(text, byteCharacters()[static_cast<unsigned char>(c)]);
  return text;
}

constexpr std::uint64_t pairKey(std::uint32_t left, std::uint32_t right) { return std::uint64_t{left} << 32U | right; }

/// A place among the nodes of a word: encode() refuses texts that need more.
using Index = std::uint32_t;
constexpr Index kNone = ~Index{0};

struct Node {
  std::uint32_t symbol;
  Index previous;
  Index next;
  bool alive = true;
};

struct Candidate {
  std::uint32_t rank;
  Index left;
  Index right;
  std::uint64_t pair;  ///< of symbols when it was found: tells whether it is still current
};

/// The lowest rank is on top; of equal ones the leftmost.
struct IsLater {
  bool operator()(const Candidate& a, const Candidate& b) const {
    return a.rank > b.rank || (a.rank == b.rank && a.left > b.left);
  }
};

}  // namespace

std::size_t ByteLevelTokenizer::PairHash::operator()(std::uint64_t pair) const {
  // The finaliser of splitmix64: neighbouring ids must not fall into neighbouring buckets only.
  pair = (pair ^ (pair >> 30U)) * 0xBF58476D1CE4E5B9U;
  pair = (pair ^ (pair >> 27U)) * 0x94D049BB133111EBU;
  return pair ^ (pair >> 31U);
}

ByteLevelTokenizer::ByteLevelTokenizer(const io::Metadata& metadata)
    : ByteLevelTokenizer(metadata, metadata.string("tokenizer.ggml.pre").value_or("default")) {}

ByteLevelTokenizer::ByteLevelTokenizer(const io::Metadata& metadata, const std::string& preTokenizer)
    : m_preTokenizer(preTokenizer),
      m_vocabulary(metadata, {std::nullopt, std::nullopt, std::nullopt, m_preTokenizer.addsBos(), false}),
      m_splitter(m_vocabulary) {
  for (std::size_t byte = 0; byte < 256; ++byte) {
    m_byteSymbols[byte] = intern(asVocabularyWrites(std::string(1, static_cast<char>(byte))));
  }
  readMerges(metadata);
}

ByteLevelTokenizer::SymbolId ByteLevelTokenizer::intern(const std::string& text) {
  const auto [entry, isNew] = m_symbolIds.try_emplace(text, static_cast<SymbolId>(m_symbolTexts.size()));
  if (isNew) {
    m_symbolTexts.push_back(text);
    m_symbolTokens.push_back(m_vocabulary.find(text));
  }
  return entry->second;
}

void ByteLevelTokenizer::readMerges(const io::Metadata& metadata) {
  const io::MetadataArray* array = metadata.array(kMerges);
  if (array == nullptr) {
    throw Error(ErrorCode::InvalidFile, "The tokenizer gpt2 needs the key tokenizer.ggml.merges, which is missing.",
                std::string(kMerges));
  }
  const std::vector<std::string> merges = array->strings();
  if (merges.size() > 0x40000000U) {
    throw Error(ErrorCode::InvalidFile, "tokenizer.ggml.merges has too many entries.", std::string(kMerges));
  }
  m_rules.reserve(merges.size());
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const std::size_t blank = merges[rank].find(' ', 1);
    if (blank == std::string::npos || blank + 1 == merges[rank].size()) {
      throw Error(ErrorCode::InvalidFile,
                  "Merge " + std::to_string(rank) +
                      " of tokenizer.ggml.merges must be two texts with a blank between, "
                      "found \"" +
                      merges[rank].substr(0, 60) + "\".",
                  std::string(kMerges));
    }
    const std::string left = merges[rank].substr(0, blank);
    const std::string right = merges[rank].substr(blank + 1);
    const std::uint64_t pair = pairKey(intern(left), intern(right));
    m_rules.try_emplace(pair, Rule{static_cast<std::uint32_t>(rank), intern(left + right)});
  }
}

std::vector<TokenId> ByteLevelTokenizer::encode(std::string_view text, SpecialTokens special) const {
  checkLength(text);
  std::vector<TokenId> out;
  for (const Fragment& fragment : m_splitter.split(text, special)) {
    if (fragment.token) {
      out.push_back(*fragment.token);
    } else {
      encodeText(fragment.text, out);
    }
  }
  return out;
}

void ByteLevelTokenizer::encodeText(std::string_view text, std::vector<TokenId>& out) const {
  if (isValidUtf8(text)) {
    for (const std::string_view word : m_preTokenizer.split(text)) encodeWord(word, out);
    return;
  }
  // The expressions need valid UTF-8: they see U+FFFD for ill-formed bytes, the words keep the bytes themselves.
  std::string shown;
  std::vector<std::size_t> origin;  // per byte shown, its place in the text
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = firstCharacter(text.substr(at));
    appendUtf8(shown, step.codePoint);
    origin.resize(shown.size(), at);
    at += step.length;
  }
  origin.push_back(text.size());
  for (const std::string_view word : m_preTokenizer.split(shown)) {
    const auto begin = static_cast<std::size_t>(word.data() - shown.data());
    const std::size_t from = origin[begin];
    encodeWord(text.substr(from, origin[begin + word.size()] - from), out);
  }
}

void ByteLevelTokenizer::encodeWord(std::string_view word, std::vector<TokenId>& out) const {
  if (m_preTokenizer.ignoresMerges()) {
    if (const auto token = m_vocabulary.find(asVocabularyWrites(word))) {
      out.push_back(*token);
      return;
    }
  }
  std::vector<Node> nodes;
  nodes.reserve(word.size());
  for (Index i = 0; i < word.size(); ++i) {
    nodes.push_back({m_byteSymbols[static_cast<unsigned char>(word[i])], i == 0 ? kNone : i - 1,
                     i + 1 == word.size() ? kNone : i + 1});
  }
  std::priority_queue<Candidate, std::vector<Candidate>, IsLater> queue;
  const auto consider = [&](Index left, Index right) {
    if (left == kNone || right == kNone) return;
    const std::uint64_t pair = pairKey(nodes[left].symbol, nodes[right].symbol);
    const auto rule = m_rules.find(pair);
    if (rule != m_rules.end()) queue.push({rule->second.rank, left, right, pair});
  };
  for (Index i = 1; i < nodes.size(); ++i) consider(i - 1, i);
  while (!queue.empty()) {
    const Candidate candidate = queue.top();
    queue.pop();
    Node& left = nodes[candidate.left];
    Node& right = nodes[candidate.right];
    if (!left.alive || !right.alive || pairKey(left.symbol, right.symbol) != candidate.pair) continue;
    left.symbol = m_rules.at(candidate.pair).merged;
    right.alive = false;
    left.next = right.next;
    if (right.next != kNone) nodes[right.next].previous = candidate.left;
    consider(left.previous, candidate.left);
    consider(candidate.left, left.next);
  }
  for (const Node& node : nodes) {
    if (node.alive) appendSymbol(node.symbol, out);
  }
}

/// The symbol's token; a merged text that is no token falls back to its bytes, and a byte without token to unknown.
void ByteLevelTokenizer::appendSymbol(SymbolId symbol, std::vector<TokenId>& out) const {
  if (m_symbolTokens[symbol]) {
    out.push_back(*m_symbolTokens[symbol]);
    return;
  }
  for (std::string_view rest = m_symbolTexts[symbol]; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    const auto token = m_vocabulary.find(rest.substr(0, step.length));
    if (token) {
      out.push_back(*token);
    } else if (m_vocabulary.unknown()) {
      out.push_back(*m_vocabulary.unknown());
    }
    rest.remove_prefix(step.length);
  }
}

std::string ByteLevelTokenizer::bytes(TokenId id) const {
  if (!m_vocabulary.has(id)) return placeholder(id);
  const std::string& piece = m_vocabulary.text(id);
  const TokenType type = m_vocabulary.type(id);
  if (type == TokenType::Control) return {};
  if (type == TokenType::UserDefined) return piece;
  std::string out;
  for (std::string_view rest = piece; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    const int byte = step.kind == Utf8Kind::Complete ? byteOfCharacter(step.codePoint) : -1;
    if (byte >= 0) {
      out += static_cast<char>(byte);
    } else {
      out += rest.substr(0, step.length);  // a token added as plain text
    }
    rest.remove_prefix(step.length);
  }
  return out;
}

}  // namespace core::text
