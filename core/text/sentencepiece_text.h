#pragma once
#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/text/pre_tokenizer.h"
#include "core/text/vocabulary.h"

namespace core::text {

/// The byte of a token written "<0x0A>", or nothing.
std::optional<unsigned char> byteOfPiece(std::string_view piece);

/// The bytes that a token of SentencePiece stands for, as Tokenizer::bytes.
std::string bytesOfPiece(const Vocabulary& vocabulary, TokenId id);

/// Where a text of SentencePiece can be cut so that the parts become the tokens that the whole becomes: between two
/// characters that stand beside each other in no token. Known of ASCII, and of what stands in front of a U+2581.
class SafeCuts {
 public:
  explicit SafeCuts(const Vocabulary& vocabulary);
  void forEachPart(std::string_view text, const PreTokenizer::Visit& visit) const;

 private:
  static constexpr std::size_t kAscii = 128;
  void addNeighbours(std::string_view token);
  bool isJoined(std::string_view text, std::size_t at) const;

  bool m_hasBlank;
  std::bitset<kAscii * kAscii> m_joined;              ///< by first · 128 + second
  std::unordered_set<std::uint32_t> m_joinedToBlank;  ///< what stands in front of a U+2581
};

}  // namespace core::text
