#pragma once
#include <functional>
#include <optional>

#include "core/model/op.h"
#include "core/train/ops/product.h"

namespace core::train::ops {

/// Which experts tokens go through, and how much each counts (model::ops::route).
/// @param weight, bias null: none  @param logits [rows, experts]  @param out [rows, 2 · used]
template <typename Real>
void route(const model::Route& route, const PassWeight* weight, const PassWeight* bias, const Batch& batch,
           std::size_t experts, const Real* logits, Real* out);

/// What is added to; null: not wanted.
template <typename Real>
struct RouteGradients {
  Real *in, *weight;  ///< [rows, experts], [experts]
};
/// With scores s, f being what each is multiplied by, d the divisor and g the gradient of the weights of the chosen:
///   ∂s_i = (f_i g_i − Σ_k f_k g_k s_k / d) / d of the chosen, without the sum where nothing is normed;
///   ∂logit_i = s_i · (∂s_i − Σ_j ∂s_j s_j), or of a sigmoid s_i · (1 − s_i) · ∂s_i.
/// Numbers of experts have no slope, nor has what is the same for all, nor a bias that only chooses.
template <typename Real>
void routeReverse(const model::Route& route, const PassWeight* weight, const PassWeight* bias, const Batch& batch,
                  std::size_t experts, const Real* logits, const Real* gradient, const RouteGradients<Real>& gradients);

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
