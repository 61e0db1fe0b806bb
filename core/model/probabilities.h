#pragma once
#include <span>
#include <vector>

#include "core/text/tokenizer.h"

namespace core::model {

using text::TokenId;

struct TokenProbability {
  TokenId token;
  float probability;
};

/// log Σ e^logit, computed from the largest one so that it neither overflows nor vanishes. NaN counts as −∞.
double logSumExp(std::span<const float> logits);

/// Probability of one token under the softmax of its row.
float probabilityOf(std::span<const float> logits, TokenId token);

/// The k most probable tokens of a distribution, most probable first.
std::vector<TokenProbability> topProbabilities(std::span<const float> logits, std::size_t k);

/// Shannon's entropy −Σ p ln p of the softmax of a row, in nats: 0 … ln(size). NaN counts as −∞.
double entropy(std::span<const float> logits);

/// KL(p ‖ q) in nats of the softmax distributions of two logit rows of equal length; NaN when a logit is NaN.
double klDivergence(std::span<const float> pLogits, std::span<const float> qLogits);

/// Rules out the tokens from `known` on: a model may have more embeddings than its tokenizer has tokens, as padding.
/// @param logits rows of `vocabulary` values
void ruleOutUnknown(std::span<float> logits, std::size_t vocabulary, std::size_t known);

}  // namespace core::model
