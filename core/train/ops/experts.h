#pragma once
#include <functional>
#include <optional>

#include "core/model/op.h"
#include "core/train/ops/product.h"

namespace core::train::ops {

/// Which experts tokens go through, and how much each counts (model::ops::route).
/// @param logits [rows, experts]  @param out [rows, 2 · used]
template <typename Real>
void route(const model::Route& route, const Real* logits, std::size_t experts, std::size_t rows, Real* out);
/// With weights w of the softmax and the gradient g of those of the chosen:
///   ∂logit_i = w_i · (g_i − Σ_k w_k g_k), over the chosen or over all, g being 0 for those that were not chosen.
/// Numbers of experts have no slope, nor has what is the same for all. @param logitGradient is added to
template <typename Real>
void routeReverse(const model::Route& route, const Real* logits, const Real* routes, const Real* gradient,
                  std::size_t experts, std::size_t rows, Real* logitGradient);

/// Where the rows of a product of experts lie.
struct ExpertShape {
  std::size_t experts, rows, width;  ///< of the stack [experts, rows, width]
  std::size_t used, inWidth;         ///< inWidth: of a row of the input, all its slots together

  std::size_t inStride() const { return inWidth == width ? 0 : model::slotStride(width); }
  std::size_t outStride() const { return model::slotStride(rows); }
  std::size_t outWidth() const { return used * outStride(); }
};

/// What a stack takes in place of its inputs under a quantizer (model::ops::expertMatMul), as numbers: roundInputs() of
/// a token's row, or of each of its slots. @param in, out [rows, inWidth]; what lies between slots is 0
template <typename Real>
void roundExpertInputs(const quant::InputQuantizer& quantizer, std::optional<std::uint32_t> rowsTogether,
                       const ExpertShape& shape, const Batch& batch, const Real* in, Real* out);

/// Slot k of out[t] = weight[e] · in[t] (+ bias[e]), e = routes[t][k]. @param bias null: none
template <typename Real>
void expertMatMul(const PassWeight& weight, const PassWeight* bias, const ExpertShape& shape, const Batch& batch,
                  const Real* in, const Real* routes, Real* out, const JobContext& job);

/// What of a product of experts is wanted; null or empty: not.
template <typename Real>
struct ExpertGradients {
  Real* in = nullptr;      ///< [rows, inWidth] is added to
  Real* bias = nullptr;    ///< [experts · rows] is added to
  Real* slopes = nullptr;  ///< [rows] gradient · (change · in), is added to
  /// Shown the gradient of the weight, panel by panel; rows of experts that no token went through are left out.
  std::function<void(const WeightPanel<Real>&, std::span<const Real> gradient, std::uint64_t firstRow)> visit = {};
};
template <typename Real>
void expertMatMulReverse(const PassWeight& weight, const ExpertShape& shape, const Batch& batch, const Real* in,
                         const Real* routes, const Real* gradient, const ExpertGradients<Real>& gradients,
                         const JobContext& job);

/// out[t] = Σ_k weight k of the routes · slot k of in[t]. @param stride of slots  @param out [rows, width]
template <typename Real>
void mixExperts(std::size_t used, std::size_t stride, const Real* in, const Real* routes, std::size_t rows,
                std::size_t width, Real* out);
/// @param inGradient [rows, used · stride], @param routeGradient [rows, 2 · used]: are added to; null: not wanted
template <typename Real>
void mixExpertsReverse(std::size_t used, std::size_t stride, const Real* in, const Real* routes, const Real* gradient,
                       std::size_t rows, std::size_t width, Real* inGradient, Real* routeGradient);

}  // namespace core::train::ops
