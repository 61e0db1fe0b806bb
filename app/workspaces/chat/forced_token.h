#pragma once
#include <optional>
#include <span>
#include <vector>

#include "core/model/probabilities.h"

namespace app {

/// What another model thought of one token of an answer, reading the same words before it.
struct ForcedToken {
  double kl = 0;                   ///< KL(reference ‖ compared) in nats
  std::optional<double> surprise;  ///< −ln p of the reference's token under the compared model, in nats
  std::optional<double> entropy;   ///< of the compared model's distribution, in nats
  std::vector<core::model::TokenProbability> top;
};

/// Of the logit rows that reference and compared model have at a place where the reference wrote `token`.
ForcedToken forcedToken(std::span<const float> reference, std::span<const float> compared, core::text::TokenId token);

}  // namespace app
