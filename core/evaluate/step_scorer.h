#pragma once
#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "core/evaluate/logit_stream.h"
#include "core/evaluate/passage.h"
#include "core/evaluate/row_comparison.h"

namespace core::evaluate {

/// Several executors read the same passages in step, each in its own batches; all of them are compared with the
/// reference at every scored position. Memory: one batch of the reference's rows and one of a compared model's,
/// whatever the length of the text and however many are compared.
class StepScorer {
 public:
  /// @param compared none: the reference is compared with itself  @param reference likewise outlives this
  /// @throws Error (InvalidArgument) when their vocabularies differ in size
  StepScorer(LogitStream& reference, std::vector<LogitStream*> compared);

  /// @return [compared, at least 1][passage.scored()], in the order of positions
  /// @throws Error (InvalidArgument) when a token of the passage has no probability or the passage does not fit a
  ///         stream; (OutOfMemory) for a batch of logits; as Executor::forward; Cancelled
  std::vector<std::vector<TokenComparison>> score(const Passage& passage, const JobContext& job = JobContext());

  /// Which of the compared models the last score() threw of; nothing where it was none of them.
  std::optional<std::size_t> failed() const { return m_failed; }
  /// Values of the largest buffer it has used.
  std::size_t largestBuffer() const { return std::max(m_referenceRows.capacity(), m_comparedRows.capacity()); }

 private:
  /// What is read between two comparisons.
  struct Step {
    std::span<const model::TokenId> tokens;
    std::span<const std::uint32_t> rows;     ///< that are scored, of `tokens`
    std::span<const model::TokenId> wanted;  ///< the text's next token of each
  };
  void read(LogitStream& stream, const Step& step, std::vector<float>& rows, const JobContext& job) const;
  void compare(const Step& step, const LogitStream& stream, std::span<TokenComparison> out) const;
  void compareWithItself(const Step& step, std::span<TokenComparison> out) const;
  std::span<const float> referenceRow(std::uint32_t row) const;
  void require(const Passage& passage, std::uint32_t last) const;

  LogitStream& m_reference;
  std::vector<LogitStream*> m_compared;
  std::optional<std::size_t> m_failed;
  std::vector<float> m_referenceRows, m_comparedRows;
  std::vector<RowSummary> m_summaries;  ///< of the reference's scored rows
};

}  // namespace core::evaluate
