#pragma once
#include <span>

#include "core/model/session.h"

namespace core::model {

/// log Σ e^logit, computed from the largest one so that it neither overflows nor vanishes. NaN counts as −∞.
double logSumExp(std::span<const float> logits);

/// Probability of one token under the softmax of its row.
float probabilityOf(std::span<const float> logits, TokenId token);

}  // namespace core::model
