#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/methods/code_grids.h"
#include "core/quant/methods/gptq_trace.h"

namespace core::quant {

/// What GPTQ chose; the grids know their scales.
struct GptqCodes {
  std::vector<std::uint8_t> codes;   ///< one byte per weight, row-major, as the columns are stored
  std::vector<std::uint32_t> order;  ///< stored column k is column order[k] of the weights; empty: in place
  double damping = 0.0;              ///< what it took, a part of the mean diagonal
};

/// GPTQ (Frantar, Ashkboos, Hoefler, Alistarh 2023, "GPTQ: Accurate Post-Training Quantization for Generative
/// Pre-trained Transformers"): makes the output W x of a layer, not its weights, keep close to what it was.
/// Column by column, q = round(w), and what was lost is made up for by the columns not yet rounded,
///
///   w[k] −= (w[j] − q[j]) / U[j][j] · U[j][k]   for k > j,   H⁻¹ = Uᵀ U,   H = mean of x xᵀ + damping · mean(diag) · I
///
/// in blocks of 128 columns after each of which all later columns learn of its errors. In double, so that a value near
/// the middle of two levels does not depend on the order of additions; U is rounded to float32, and so is what is
/// rounded.
///
/// - act-order: columns with large H[j][j] first.
/// - Groups of columns choose their grid when their first column comes, from the weights as they were when its block of
///   128 columns began; with act-order these are groups of consecutive columns in the new order, in which they are
///   stored. With static groups, with 8-bit scales, where a group is a row or the whole tensor, and where blocks go
///   over the ends of rows, all grids are chosen before from the weights as they are, and every column stays in place.
/// - Columns whose input is always 0 (H[j][j] = 0) become 0, and come last with act-order.
/// - When H is not positive definite in spite of its damping, the damping is taken times 10, at least 1e-9, until it is
///   or 1 is passed.
///
/// Follows the order of operations of the authors' implementation (IST-DASLab/gptq), which is in float32.
/// The codes are the same with any number of threads. Weights that are not finite are taken as every encoder does.
/// @param source [rows, columns]. @param hessian [columns, columns]. @param method act-order, static groups, damping
/// @throws Error (InvalidArgument) when the Hessian has another shape, values that are not finite, or is none;
/// Cancelled
GptqCodes gptq(const QuantizedTensor& source, std::span<const float> hessian, const Method& method, CodeGrids& grids,
               const JobContext& job);

/// The same for one row, with everything on the way. @param row of the tensor, which is not empty
GptqTrace traceGptq(const QuantizedTensor& source, std::span<const float> hessian, const Method& method,
                    CodeGrids& grids, std::uint64_t row, const JobContext& job);

}  // namespace core::quant
