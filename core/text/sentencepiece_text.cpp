#include "core/text/sentencepiece_text.h"

#include <charconv>

#include "core/text/unicode.h"
#include "core/text/white_space.h"

namespace core::text {

namespace {

std::string withBlanks(std::string_view piece) {
  std::string text;
  while (!piece.empty()) {
    const bool isBlank = piece.starts_with(kBlankMark);
    text += isBlank ? ' ' : piece.front();
    piece.remove_prefix(isBlank ? kBlankMark.size() : 1);
  }
  return text;
}

}  // namespace

std::optional<unsigned char> byteOfPiece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return std::nullopt;
  unsigned value = 0;
  const auto parsed = std::from_chars(piece.data() + 3, piece.data() + 5, value, 16);
  if (parsed.ec != std::errc() || parsed.ptr != piece.data() + 5) return std::nullopt;
  return static_cast<unsigned char>(value);
}

std::string bytesOfPiece(const Vocabulary& vocabulary, TokenId id) {
  if (!vocabulary.has(id)) return placeholder(id);
  const std::string& piece = vocabulary.text(id);
  if (vocabulary.isSilent(id)) return {};
  switch (vocabulary.type(id)) {
    case TokenType::Unknown:
      return vocabulary.marksUnknown() ? " \xE2\x81\x87 " : piece;  // SentencePiece's: U+2047 between blanks
    case TokenType::UserDefined:
      // GGUF files write blanks in these, folders U+2581.
      return vocabulary.marksUnknown() ? piece : withBlanks(piece);
    case TokenType::Byte:
      if (const auto byte = byteOfPiece(piece)) return std::string(1, static_cast<char>(*byte));
      return piece;
    default:
      return withBlanks(piece);
  }
}

SafeCuts::SafeCuts(const Vocabulary& vocabulary) : m_hasBlank(vocabulary.find(kBlankMark).has_value()) {
  for (std::size_t i = 0; i < vocabulary.size(); ++i) addNeighbours(vocabulary.text(static_cast<TokenId>(i)));
  // Unknown characters may become one token: they stay together.
  for (std::size_t c = 0; c < kAscii; ++c) {
    const char character = static_cast<char>(c);
    if (vocabulary.find(std::string_view(&character, 1))) continue;
    for (std::size_t other = 0; other < kAscii; ++other) {
      m_joined.set(c * kAscii + other);
      m_joined.set(other * kAscii + c);
    }
  }
}

void SafeCuts::addNeighbours(std::string_view token) {
  for (std::size_t at = 1; at < token.size(); ++at) {
    const auto first = static_cast<unsigned char>(token[at - 1]), second = static_cast<unsigned char>(token[at]);
    if (first < kAscii && second < kAscii) m_joined.set(first * kAscii + second);
    if (token.compare(at, kBlankMark.size(), kBlankMark) != 0) continue;
    const std::string_view before = token.substr(0, at);
    m_joinedToBlank.insert(firstCharacter(before.substr(lastCharacter(before))).codePoint);
  }
}

bool SafeCuts::isJoined(std::string_view text, std::size_t at) const {
  const auto first = static_cast<unsigned char>(text[at - 1]), second = static_cast<unsigned char>(text[at]);
  if (second < kAscii) return first >= kAscii || m_joined.test(first * kAscii + second);
  if (!m_hasBlank || second != static_cast<unsigned char>(kBlankMark[0]) ||
      text.compare(at, kBlankMark.size(), kBlankMark) != 0)
    return true;
  const std::string_view before = text.substr(0, at);
  return m_joinedToBlank.contains(firstCharacter(before.substr(lastCharacter(before))).codePoint);
}

void SafeCuts::forEachPart(std::string_view text, const PreTokenizer::Visit& visit) const {
  std::size_t begin = 0;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (isJoined(text, at)) continue;
    visit(text.substr(begin, at - begin));
    begin = at;
  }
  if (begin < text.size()) visit(text.substr(begin));
}

}  // namespace core::text
