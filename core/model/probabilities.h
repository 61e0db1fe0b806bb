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

/// KL(p ‖ q) in nats of the softmax distributions of two logit rows of equal length; −∞ rules a token out. NaN where a
/// row has no distribution: a logit is NaN or +∞, or all are −∞.
double klDivergence(std::span<const float> pLogits, std::span<const float> qLogits);

/// Of so many rows of an output matrix, those that stand for a token: `known` ones of the tokenizer, or all where that
/// is 0 or more. The others are padding: no distribution has a place for them.
std::size_t knownTokens(std::size_t vocabulary, std::size_t known);

/// Rules out the tokens from `known` on: a model may have more embeddings than its tokenizer has tokens, as padding.
/// @param logits rows of `vocabulary` values
void ruleOutUnknown(std::span<float> logits, std::size_t vocabulary, std::size_t known);

}  // namespace core::model
