#pragma once
#include <optional>

#include "app/session/open_model.h"

namespace app {

/// The stored model computed in another order: the hidden units of every feed-forward layer are taken from the last to
/// the first (rows of gate and up, columns of down), which changes nothing but the order in which the products of down
/// are summed. What differs is the noise of the arithmetic. A copy of these weights.
/// Nothing where they are stored in blocks or packed, or take more than 1 GiB. @throws core::Error as
/// WeightLibrary::load; core::Cancelled
std::optional<core::model::Recipe> reorderedSums(const OpenModel& model,
                                                 const core::JobContext& job = core::JobContext());

}  // namespace app
