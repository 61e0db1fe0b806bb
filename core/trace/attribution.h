#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/graph.h"
#include "core/model/kv_cache.h"

namespace core::trace {

/// d = Σ coefficient · logit(token) behind the last token read.
struct Objective {
  struct Term {
    model::TokenId token;
    double coefficient;
  };
  std::vector<Term> terms;

  /// logit(a) − logit(b)
  static Objective difference(model::TokenId a, model::TokenId b);
  /// logit(a) − Σ p(other) · logit(other), p being the softmax of these logits over all others than a, held fixed.
  /// @param least others with a smaller p are left out
  static Objective against(model::TokenId a, std::span<const float> logits, double least = 1e-4);
  /// What it is for these logits.
  double of(std::span<const float> logits) const;
};

/// One weight, and what its having been changed did to the objective.
struct WeightContribution {
  std::uint32_t tensor;  ///< of Attribution::tensors
  std::uint64_t index;   ///< row-major
  float contribution;
};

/// What restoring one tensor brings, by parts. The sums of rows and blocks are the tensor's, up to rounding.
struct TensorContribution {
  std::string name;
  std::uint64_t rows = 0, width = 0;  ///< vectors have one row
  std::uint32_t blockSize = 0;        ///< weights of a block, along the row; the last one of a row may be shorter
  double sum = 0.0;
  std::vector<double> rowSums;   ///< [rows]
  std::vector<float> blockSums;  ///< [rows, blocksPerRow()]

  std::uint64_t blocksPerRow() const { return (width + blockSize - 1) / blockSize; }
};

/// What rounding of something else than weights did: a term of its own.
struct RoundingContribution {
  enum class Kind : std::uint8_t { Input, Result, Keys, Values };  ///< of a product; of what a KV cache keeps
  Kind kind;
  std::string name;  ///< of the product's weight ("blk.0.attn_q.weight"), or of the value that is kept
  double sum = 0.0;
  std::vector<double> columns;  ///< [width] its sums by columns
};

/// Integrated gradients (Sundararajan, Taly and Yan 2017) along the straight line from the compared model to the
/// reference: with weights w(α) = q + α (r − q), and at every place where something is rounded the constant
/// e(α) = e_q + α (e_r − e_q) added to what is exact there, e_q and e_r being x rounded − x as measured in either
/// model's own run over these tokens (0 where it does not round), g(α) = d(w(α), e(α)). g(0) is the compared model,
/// g(1) the reference, and by the fundamental theorem
///   d_ref − d_cmp = Σ_weights (r − q) · ∫ ∂d/∂w dα + Σ_places (e_r − e_q) · ∫ ∂d/∂e dα.
struct Attribution {
  double reference = 0.0, compared = 0.0;       ///< d of both
  double remainder = 0.0;                       ///< reference − compared − total(): what the quadrature misses
  std::size_t points = 0;                       ///< of the quadrature
  std::vector<TensorContribution> tensors;      ///< all whose values differ, in the graph's order
  std::vector<RoundingContribution> roundings;  ///< all whose rounding differs, likewise
  std::vector<WeightContribution> most, least;  ///< the largest first; the smallest (most negative) first

  double total() const;
};

struct AttributionSettings {
  std::size_t keep = 65536;  ///< single weights in `most` and in `least`
  /// Of |d_ref − d_cmp|: points are added until it is no more, or what float32 does not resolve in d itself.
  double remainder = 0.01;
  std::size_t firstPoints = 5;  ///< of Gauss–Legendre's rule; doubled until the remainder is small
  std::size_t mostPoints = 40;
  /// Weights in a block of this tensor's rows; nothing: blockSizeOf() the compared model's.
  std::function<std::uint32_t(const std::string& tensor)> blockSize = {};
  model::KvType referenceKv = model::KvType::F32, comparedKv = model::KvType::F32;
};

/// Weights along a row that share a scale in the tensor's layout: its group, 32 for GGUF's types of blocks, 64 where a
/// row or a tensor has one scale, or there is none.
std::uint32_t blockSizeOf(const quant::QuantizedTensor& tensor);

/// @param reference, compared of the same architecture (model::buildGraph), tensors that both share being the same
///        objects; column changes, quantized inputs and products in FP16 or BF16 may differ
/// @param tokens at least one
/// @throws Error (InvalidArgument) when the graphs compute different things or shapes differ, (NotFinite), Cancelled
Attribution attribute(const model::Graph& reference, const model::Graph& compared,
                      std::span<const model::TokenId> tokens, const Objective& objective,
                      const AttributionSettings& settings = {}, const JobContext& job = JobContext());

/// One tensor's contributions, [rows, width], as they add up in attribute(). @param points of its result
std::vector<float> contributionsOf(const std::string& tensor, const model::Graph& reference,
                                   const model::Graph& compared, std::span<const model::TokenId> tokens,
                                   const Objective& objective, std::size_t points,
                                   const AttributionSettings& settings = {}, const JobContext& job = JobContext());

}  // namespace core::trace
