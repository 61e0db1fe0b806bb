#pragma once
#include <QString>
#include <cstddef>
#include <optional>

#include "app/selection/selection.h"
#include "core/metrics/error_stats.h"
#include "core/metrics/tensor_stats.h"

namespace app {

/// What takes the place of a tensor's stored weights, compared with them.
struct OverlaidWeights {
  core::metrics::Histogram histogram;  ///< in the bins of the stored ones
  core::metrics::TensorStats stats;
  core::metrics::ErrorStats error;  ///< against the stored ones
};

/// What a recipe puts in place of one of the open model's tensors: quantized weights, another model's, or what was
/// changed by hand.
/// @param why a clause where it puts nothing there, or not yet: "keeps this tensor as stored: a norm"
std::optional<core::model::TensorDecision> overlaidDecision(const Selection& selection,
                                                            const core::model::Recipe& recipe, std::size_t tensor,
                                                            QString& why);
/// Whether both put the same there.
bool isSameOverlay(const core::model::TensorDecision& a, const core::model::TensorDecision& b);

/// For a worker thread. @param bins of the stored weights' histogram  @throws core::Error, core::Cancelled
OverlaidWeights overlayWeights(OpenModel& model, std::size_t tensor, const core::model::TensorDecision& decision,
                               const core::metrics::Histogram& bins, const core::JobContext& job);

}  // namespace app
