#pragma once
#include <cstdint>
#include <vector>

#include "core/text/tokenizer.h"

namespace app {

/// How a token of an answer relates to the reference's answer.
enum class TokenMark : std::uint8_t {
  Same,     ///< stands in the reference's answer too
  Differs,  ///< does not
  Parts     ///< the first that is not the reference's at its place: behind it the two contexts are not the same
};

/// Marks the first token of `answer` at which it is another than `reference` (Parts), and behind it the tokens that are
/// not part of a longest common subsequence (Differs): words that only moved are not marked.
/// An answer that is a prefix of the reference so far (or the other way round) has no marks. O(n · m), at most
/// `kMaxAligned` tokens are aligned after the common prefix; later ones count as different.
std::vector<TokenMark> markDifferences(const std::vector<core::text::TokenId>& reference,
                                       const std::vector<core::text::TokenId>& answer);

inline constexpr std::size_t kMaxAligned = 1024;

/// Where teacher forcing has to begin: index into `reference` (prompt and answer) of the first token of the answer
/// whose distributions were not compared while both models wrote. A differing token was still drawn from the same
/// context; the place where the compared answer ended was not drawn at all.
std::size_t firstUncompared(const std::vector<core::text::TokenId>& reference,
                            const std::vector<core::text::TokenId>& compared, std::size_t promptTokens);

/// Number of leading tokens two answers share.
std::size_t commonPrefix(const std::vector<core::text::TokenId>& a, const std::vector<core::text::TokenId>& b);

}  // namespace app
