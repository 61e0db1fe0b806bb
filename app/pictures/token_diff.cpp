#include "app/pictures/token_diff.h"

#include <algorithm>

namespace app {

using core::text::TokenId;

std::size_t commonPrefix(const std::vector<TokenId>& a, const std::vector<TokenId>& b) {
  const auto [end, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  static_cast<void>(other);
  return static_cast<std::size_t>(end - a.begin());
}

std::size_t firstUncompared(const std::vector<TokenId>& reference, const std::vector<TokenId>& compared,
                            std::size_t promptTokens) {
  const std::size_t agreeing = commonPrefix(reference, compared);
  if (agreeing < promptTokens) return promptTokens;  // they read different prompts
  return agreeing == compared.size() ? agreeing : agreeing + 1;
}

std::vector<TokenMark> markDifferences(const std::vector<TokenId>& reference, const std::vector<TokenId>& answer) {
  std::vector<TokenMark> marks(answer.size(), TokenMark::Same);
  const std::size_t prefix = commonPrefix(reference, answer);
  if (prefix == answer.size() || prefix == reference.size()) {
    std::fill(marks.begin() + static_cast<std::ptrdiff_t>(prefix), marks.end(), TokenMark::Differs);
    if (prefix < answer.size()) marks[prefix] = TokenMark::Parts;
    return marks;
  }
  const std::size_t rows = std::min(answer.size() - prefix, kMaxAligned);
  const std::size_t columns = std::min(reference.size() - prefix, kMaxAligned);
  // length[i][j]: longest common subsequence of answer[prefix + i …] and reference[prefix + j …]
  std::vector<std::uint16_t> length((rows + 1) * (columns + 1), 0);
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint16_t& { return length[i * (columns + 1) + j]; };
  for (std::size_t i = rows; i-- > 0;) {
    for (std::size_t j = columns; j-- > 0;) {
      at(i, j) = answer[prefix + i] == reference[prefix + j] ? static_cast<std::uint16_t>(at(i + 1, j + 1) + 1)
                                                             : std::max(at(i + 1, j), at(i, j + 1));
    }
  }
  std::fill(marks.begin() + static_cast<std::ptrdiff_t>(prefix), marks.end(), TokenMark::Differs);
  for (std::size_t i = 0, j = 0; i < rows && j < columns;) {
    if (answer[prefix + i] == reference[prefix + j]) {
      marks[prefix + i] = TokenMark::Same;
      ++i;
      ++j;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      ++i;
    } else {
      ++j;
    }
  }
  // Whatever the alignment makes of it: this is the first place where the two models chose differently.
  marks[prefix] = TokenMark::Parts;
  return marks;
}

}  // namespace app
