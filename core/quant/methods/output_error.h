#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/tensor/shape.h"

namespace core::quant {

/// What errors of the weights cost in the output of their layer: mean over inputs x and outputs of (ΔW x)², which is
/// tr(ΔW H ΔWᵀ) / rows with H = mean of x xᵀ. @param errors ΔW, [rows, columns]. @param hessian [columns, columns].
/// @throws Cancelled
double outputError(std::span<const float> errors, const tensor::Shape& shape, std::span<const float> hessian,
                   const JobContext& job);

/// Consecutive columns that share a scale in every row.
struct ColumnRun {
  std::uint64_t first = 0, count = 0;
};

/// The same of single runs of columns, as if the others had no error: Δw H_rr Δwᵀ with the diagonal block H_rr of the
/// Hessian of inputs that were divided by `inputScales`.
class RunErrors {
 public:
  RunErrors(std::span<const float> hessian, std::span<const float> inputScales, std::vector<ColumnRun> runs);

  /// @return [rows, runs]. @throws Cancelled
  std::vector<double> of(std::span<const float> errors, const tensor::Shape& shape, const JobContext& job) const;

 private:
  std::vector<ColumnRun> m_runs;
  std::vector<std::vector<float>> m_blocks;  ///< of each run, in strips
};

}  // namespace core::quant
