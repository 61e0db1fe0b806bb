#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/session/variant.h"
#include "core/evaluate/comparison_statistics.h"
#include "core/evaluate/reading.h"

namespace app {

/// The reference's weights once more, computed in another way: whatever differs is noise of the arithmetic.
struct NoiseRun {
  std::string what;    ///< "batches of 64", "cpu"
  std::string device;  ///< as its executor names it
  core::evaluate::ComparisonSummary statistics;
};

/// The largest figures of the noise runs; 0 where there were none.
struct NoiseFloor {
  std::vector<NoiseRun> runs;
  double kl = 0;        ///< mean, nats
  double logRatio = 0;  ///< |ln of the ratio of perplexities|
};

/// A row against another one, on the same blocks.
struct RowPair {
  std::size_t other = 0;                        ///< row
  core::evaluate::PairedComparison difference;  ///< this row's less the other's
  /// Of the difference in KL: which of both is nearer to the reference, or that nobody can tell.
  core::evaluate::Verdict verdict = core::evaluate::Verdict::Unknown;
};

/// What was measured of one compared variant.
struct EvaluationRow {
  Variant variant;
  std::string text, name;  ///< its text; what people call it
  std::string device;      ///< as its executor names it
  std::uint64_t bytes = 0;
  double bitsPerWeight = 0;
  core::evaluate::ComparisonSummary statistics;
  double tokensPerSecond = 0;  ///< of its pass, logits included; 0 before the first block
  /// Against the reference: by KL, and by perplexity alone (which may not show what KL does).
  core::evaluate::Verdict verdict = core::evaluate::Verdict::Unknown;
  core::evaluate::Verdict perplexityVerdict = core::evaluate::Verdict::Unknown;
  std::vector<RowPair> pairs;                      ///< with every other row that could run
  std::vector<std::size_t> indistinguishableFrom;  ///< those of them, by mean KL
  /// Where it is furthest from the reference, the worst first: at most WorstPositions::kMost.
  std::vector<core::evaluate::WorstPosition> worst;
  std::string failure;  ///< one sentence why it could not run; the figures mean nothing then
};

/// Models compared on a text: what was measured, and all that it was computed from.
struct Evaluation {
  std::string modelHash;  ///< core::calibrate::modelHash
  std::string textTitle, textHash;
  core::evaluate::ReadingSettings settings;
  std::uint32_t context = 0;  ///< tokens of the longest passage
  std::uint32_t batchTokens = 0;
  std::uint64_t tokens = 0, scored = 0, leftOut = 0;
  std::string calibration;  ///< identity of what schemes that look at data were made with; empty: nothing
  Variant referenceVariant;
  std::string reference, referenceName, referenceDevice;
  std::uint64_t referenceBytes = 0;
  double referenceTokensPerSecond = 0;
  core::evaluate::Estimate referencePerplexity;

  std::vector<EvaluationRow> rows;  ///< in the order they were asked for
  NoiseFloor noise;
  std::uint32_t blocksDone = 0, blocks = 0;
  std::shared_ptr<const core::evaluate::Reading> reading;  ///< the text as tokens

  bool isComplete() const { return blocksDone == blocks; }
};

/// Fills in the noise floor and, from kFewestBlocks blocks on, all verdicts. @param statistics of each row, over the
/// same blocks
void judgeRows(Evaluation& evaluation, std::span<const core::evaluate::ComparisonStatistics* const> statistics);

}  // namespace app
