#pragma once
#include <optional>

#include "app/session/open_model.h"
#include "core/model/recipe/recipe.h"
#include "core/quant/scheme.h"

namespace app {

/// What a recipe with an adapter beside it becomes without one: every adapted matrix is merged, W + B·A with W as the
/// recipe makes it, and stored again. A variant like any other, so that an evaluation measures what merging and
/// re-quantizing lose against the adapter that stays beside the matrices.
/// @param recipe with an adapter that is open, for this model
/// @param scheme what merged matrices are quantized to; nothing: they keep the type that they are stored in, FP16 where
///        that is packed
/// @return the recipe without its adapter and with the merged matrices in place of the model's (Recipe::replacements)
/// @throws core::Error (InvalidArgument) for a recipe without an adapter, for values beyond FP16, as planRecipe,
///         makeTensor and quant::quantize; core::Cancelled
core::model::Recipe mergedAdapter(const OpenModel& model, const core::model::Recipe& recipe,
                                  const std::optional<core::quant::Scheme>& scheme,
                                  const core::JobContext& job = core::JobContext());

/// The same model with one matrix per product, for whatever looks at single matrices and their weights (trace,
/// sensitivity): adapted ones are W + B·A in FP32, which computes what both do beside each other but for the order of
/// sums. A recipe without an adapter is returned as it is.
/// @throws core::Error (Unsupported) where a matrix quantizes the inputs that its adapter takes as they are, so that no
///         single matrix does both, and as mergedAdapter; core::Cancelled
core::model::Recipe withAdapterFolded(const OpenModel& model, const core::model::Recipe& recipe,
                                      const core::JobContext& job = core::JobContext());

}  // namespace app
