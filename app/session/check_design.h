#pragma once
#include <string>
#include <vector>

#include "app/session/design_space.h"
#include "app/session/divergence_study.h"
#include "core/evaluate/verdict.h"

namespace app {

/// A recipe beside the designed one.
struct DesignRival {
  core::model::Recipe recipe;
  std::uint64_t bytes = 0;
  core::evaluate::Estimate kl;
  core::evaluate::Estimate difference;  ///< the design's KL less this one's, paired by blocks of text
  core::evaluate::Estimate ratio;       ///< the design's KL over this one's, paired by blocks of text
  std::string problem;                  ///< why it was not measured; empty: it was

  /// Whether the two can be told apart.
  core::evaluate::Verdict verdict() const { return core::evaluate::judge({ratio.value - 1.0, ratio.error}, 0.0); }
};
struct DesignCheck {
  std::string textTitle;
  std::uint32_t blocks = 0;
  std::uint64_t scored = 0;
  core::evaluate::Estimate kl;
  std::vector<DesignRival> rivals;
};

/// What a design is compared with: `like`, the largest candidate that fits for all tensors alike, and the file types of
/// about this size. @param most bytes of the whole model
std::vector<core::model::Recipe> rivalsOf(const core::io::Checkpoint& checkpoint, const DesignRequest& request,
                                          std::uint64_t most);

/// A recipe that cannot be made, or computes no numbers, says so. @param own the design's KL on the same text, to be
/// compared with; null: none yet  @throws core::Error as the study's, for what is not the recipe's own; core::Cancelled
DesignRival measureRival(DivergenceStudy& study, const core::model::Recipe& recipe,
                         const core::evaluate::BlockRatio* own, const core::JobContext& job);

/// Measures a design and others on a text, best one that took no part in it.
/// @throws core::Error as the study's, for the design; core::Cancelled
DesignCheck checkDesign(DivergenceStudy& study, const core::model::Recipe& design,
                        const std::vector<core::model::Recipe>& rivals, const core::JobContext& job);

}  // namespace app
