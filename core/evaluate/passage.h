#pragma once
#include <cstdint>
#include <vector>

#include "core/text/tokenizer.h"

namespace core::evaluate {

/// Positions of a passage from `first` to before `last`.
struct PositionRange {
  std::uint32_t first = 0, last = 0;

  std::uint32_t count() const { return last - first; }
};

/// What a model reads from an empty cache, and which of its predictions count. The prediction at position p is made
/// after tokens[0] … tokens[p] and is of tokens[p + 1].
struct Passage {
  std::vector<text::TokenId> tokens;
  /// What is right or wrong as a whole, in order and apart: an answer of a conversation, or each single prediction of
  /// running text. All of them are scored, nothing else is.
  std::vector<PositionRange> answers;
  /// The sample it belongs to, as standard errors are computed: passages of one document are not independent.
  std::uint32_t block = 0;

  std::uint32_t scored() const {
    std::uint32_t count = 0;
    for (const PositionRange& answer : answers) count += answer.count();
    return count;
  }
};

}  // namespace core::evaluate
