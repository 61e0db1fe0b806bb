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

BlankCuts::BlankCuts(const Vocabulary& vocabulary) : m_isPossible(vocabulary.find(kBlankMark).has_value()) {
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const std::string_view text = vocabulary.text(static_cast<TokenId>(i));
    if (text.empty()) continue;
    for (std::size_t at = text.find(kBlankMark, 1); at != std::string_view::npos; at = text.find(kBlankMark, at + 1)) {
      const std::string_view before = text.substr(0, at);
      m_joined.insert(firstCharacter(before.substr(lastCharacter(before))).codePoint);
    }
  }
}

void BlankCuts::forEachPart(std::string_view text, const PreTokenizer::Visit& visit) const {
  std::size_t begin = 0;
  const auto find = [&](std::size_t from) {
    return from < text.size() ? text.find(kBlankMark, from) : std::string_view::npos;
  };
  for (std::size_t at = m_isPossible ? find(1) : std::string_view::npos; at != std::string_view::npos;
       at = find(at + 1)) {
    const std::string_view before = text.substr(0, at);
    if (m_joined.contains(firstCharacter(before.substr(lastCharacter(before))).codePoint)) continue;
    visit(text.substr(begin, at - begin));
    begin = at;
  }
  if (begin < text.size()) visit(text.substr(begin));
}

}  // namespace core::text
