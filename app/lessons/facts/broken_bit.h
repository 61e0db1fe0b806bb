#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "app/session/answer_score.h"
#include "core/base/job_context.h"

namespace app {

/// One bit of the built-in chat model that is the other way round: of the code of a tensor's largest weight, or of the
/// scale that it shares.
struct BrokenBit {
  std::string tensor;             ///< "blk.2.ffn_down.weight"
  std::string scheme = "stored";  ///< what the whole model is stored as
  std::string part = "code";      ///< or "scale"
  std::uint32_t bit = 0;          ///< 0 is the lowest
};

/// What becomes of the weights.
struct BrokenWeight {
  std::uint64_t element = 0;         ///< flat index of the largest weight, in the model as stored
  double before = 0.0, after = 0.0;  ///< what it decodes to
  std::uint64_t changed = 0;         ///< how many weights decode to something else
};
/// @throws core::Error for a tensor, scheme, part or bit that is not there; core::Cancelled
BrokenWeight brokenWeight(const BrokenBit& broken, const core::JobContext& job);

/// How the model reads the answers of the lessons then; the reference is the model as stored. Nothing where it computes
/// no numbers. What was computed once is remembered.
/// @throws as brokenWeight
std::optional<AnswerScore> brokenScore(const BrokenBit& broken, const core::JobContext& job);

}  // namespace app
