#include "core/text/byte_level_tokenizer.h"

#include "core/text/unicode.h"

namespace core::text {

namespace {

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

}  // namespace

ByteLevelTokenizer::ByteLevelTokenizer(const VocabularyData& data)
    : VocabularyTokenizer(data), m_merges(data.merges, vocabulary()), m_ignoresMerges(data.ignoresMerges) {
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const std::string text = asVocabularyWrites(std::string(1, static_cast<char>(byte)));
    m_byteSymbols[byte] = m_merges.intern(text, vocabulary().find(text));
  }
}

void ByteLevelTokenizer::encodeWord(std::string_view word, std::vector<TokenId>& out) const {
  if (m_ignoresMerges) {
    if (const auto token = vocabulary().find(asVocabularyWrites(word))) {
      out.push_back(*token);
      return;
    }
  }
  std::vector<PairMerges::Symbol> symbols;
  symbols.reserve(word.size());
  for (const char c : word) symbols.push_back(m_byteSymbols[static_cast<unsigned char>(c)]);
  m_merges.apply(symbols);
  for (const PairMerges::Symbol symbol : symbols) appendSymbol(symbol, out);
}

/// The symbol's token; a merged text that is no token falls back to its bytes, and a byte without token to unknown.
void ByteLevelTokenizer::appendSymbol(PairMerges::Symbol symbol, std::vector<TokenId>& out) const {
  if (const auto token = m_merges.token(symbol)) {
    out.push_back(*token);
    return;
  }
  for (std::string_view rest = m_merges.text(symbol); !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    const auto token = vocabulary().find(rest.substr(0, step.length));
    if (token) {
      out.push_back(*token);
    } else if (vocabulary().unknown()) {
      out.push_back(*vocabulary().unknown());
    }
    rest.remove_prefix(step.length);
  }
}

std::string ByteLevelTokenizer::bytes(TokenId id) const {
  if (!vocabulary().has(id)) return placeholder(id);
  const std::string& piece = vocabulary().text(id);
  const TokenType type = vocabulary().type(id);
  if (vocabulary().isSilent(id)) return {};
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
