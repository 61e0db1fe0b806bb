#pragma once
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/executor.h"
#include "core/model/probabilities.h"
#include "core/trace/parting.h"

namespace core::trace {

/// The residual stream behind one half of a layer (or behind the embedding), reference against compared, at the last
/// token.
struct DepthStep {
  std::string name;                                                ///< of the value: "blk.3.attn_residual"
  double relativeError = 0.0;                                      ///< ‖compared − reference‖ / ‖reference‖
  double cosine = 1.0;                                             ///< of the angle between them
  std::vector<model::TokenProbability> referenceTop, comparedTop;  ///< what the logit lens shows, five of each
  double referenceDifference = 0.0, comparedDifference = 0.0;      ///< lens logit(A) − logit(B)
};

/// Where in depth two models part that read the same tokens.
struct Depth {
  std::vector<DepthStep> steps;  ///< the embedding first
  /// The map of the last positions by steps: [position − firstPosition, step].
  std::size_t firstPosition = 0, positions = 0;
  std::vector<float> relativeErrors;
  /// Whether the lens shows the same most probable token in both, 1 or 0; empty where that would take too long.
  std::vector<std::uint8_t> agrees;
};

struct DepthSettings {
  std::size_t mostPositions = 256;  ///< of the map
  double mostLensProducts = 2e11;   ///< multiplications that agreement may cost in either model
  std::size_t knownTokens = 0;      ///< ids from here on are nobody's word; 0: all are
  model::KvType referenceKv = model::KvType::F16, comparedKv = model::KvType::F16;
};

/// Has both read the parting's tokens, on whatever device each of them is, and watches their residual streams.
/// @throws Error (Unsupported) when the two have not the same residual streams, and as forward(); Cancelled
Depth lookIntoDepth(model::Executor& reference, model::Executor& compared, const Parting& parting,
                    const DepthSettings& settings = {}, const JobContext& job = JobContext());

}  // namespace core::trace
