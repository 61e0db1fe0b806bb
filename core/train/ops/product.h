#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/kv_cache.h"
#include "core/train/ops/batch.h"
#include "core/train/ops/weight_panel.h"

namespace core::train::ops {

/// out[t] = weight · in[t]. Rows of the weight are decoded a few at a time and meet all tokens.
template <typename Real>
void multiply(const PassWeight& weight, const Batch& batch, const Real* in, Real* out, const JobContext& job);

/// out[t] += bias
template <typename Real>
void addBias(const PassWeight& bias, const Batch& batch, Real* out);
/// out += Σ_t gradient[t]
template <typename Real>
void addRowSums(const Real* gradient, std::size_t rows, std::size_t width, Real* out);

/// out[t] = gradient[t] · (change · in[t]): how steep the objective is at a row if the weight moved towards its target
/// there alone. Sums in double. @pre the weight has a target
template <typename Real>
void rowSlopes(const PassWeight& weight, std::size_t rows, const Real* in, const Real* gradient, Real* out,
               const JobContext& job);

/// One use of a matrix: what it was multiplied with, and the gradient of what came out.
template <typename Real>
struct ProductUse {
  const Real* in;        ///< [rows, width]
  const Real* gradient;  ///< [rows, weight's rows]
  std::size_t rows;
};

/// A use as a table: row tokens[t] was read, and its gradient is [t].
template <typename Real>
struct TableUse {
  std::span<const model::TokenId> tokens;
  const Real* gradient;  ///< [tokens, width]
};

/// What is to be formed of a matrix in one go through its rows.
template <typename Real>
struct MatrixReverse {
  Batch batch;                              ///< of the product whose inputs' gradient is wanted
  const Real* gradient = nullptr;           ///< [batch.rows(), weight's rows]
  Real* inGradient = nullptr;               ///< [batch.rows(), width] += gradient · weight; null: not wanted
  std::vector<ProductUse<Real>> uses = {};  ///< of the weight's own gradient
  std::vector<TableUse<Real>> tables = {};
  /// Shown panels of Σ gradientᵀ · in; null: the weight's gradient is not wanted.
  std::function<void(const WeightPanel<Real>&, std::span<const Real> gradient)> visit = {};
};

/// Panels on which nothing depends are left out. Sums are made in an order of their own, whatever the threads.
template <typename Real>
void reverse(const PassWeight& weight, const MatrixReverse<Real>& wanted, const JobContext& job);

}  // namespace core::train::ops
