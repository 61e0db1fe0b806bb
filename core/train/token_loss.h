#pragma once
#include <cstdint>
#include <span>

#include "core/train/data/minibatch.h"

namespace core::train {

struct TokenLoss {
  double mean = 0.0;          ///< nats per counted token; 0 where none is
  std::uint64_t counted = 0;  ///< tokens
};

/// Softmax cross-entropy at the counted tokens, and how steep it is. With p = softmax(z), q = softmax(teacher), y the
/// target and share the distillation's:
///   loss = (1 − share) · −ln p(y) + share · KL(q ‖ p),   ∂loss/∂z = p − (1 − share) · onehot(y) − share · q
/// @param logits [tokens, vocabulary]  @param teacher of the same shape, or empty: share is 0
/// @param gradient [tokens, vocabulary] factor · ∂mean/∂z; 0 where nothing counts
TokenLoss tokenLoss(std::span<const float> logits, const Minibatch& batch, double factor,
                    std::span<const float> teacher, double share, std::span<float> gradient);

}  // namespace core::train
