#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/model/ops/packed_rows.h"

namespace core::model::ops {

/// Which half of a byte holds the first of its two 4-bit codes.
enum class NibbleOrder : std::uint8_t { LowFirst, HighFirst };

/// Rows that are decoded in registers.
struct PackedKernel {
  /// out[row] = Σ_i value[row][i] · x[i], row < count: bit for bit what dotRows makes of the decoded rows, which are
  /// not written to memory here.
  void (*dot)(const PackedRows& rows, std::size_t count, const float* x, float* out);
  /// count × rowValues values: exactly what quant::dequantizeRows makes of them.
  void (*decode)(const PackedRows& rows, std::size_t count, float* out);
};

/// The inner loops that take nearly all of the CPU executor's time, compiled once per instruction set.
/// Rows of `rowStride` floats; nothing needs to be aligned.
struct VectorKernels {
  const char* name;  ///< "baseline", "avx2", "avx512"

  /// out[x · outStride + row] = Σ_i rows[row][i] · xs[x][i],  i < n.
  void (*dotRows)(const float* rows, std::size_t rowStride, std::size_t rowCount, const float* xs, std::size_t xStride,
                  std::size_t xCount, std::size_t n, float* out, std::size_t outStride);

  /// out[i] += Σ_row factors[row] · rows[row][i],  i < n.
  void (*addScaledRows)(const float* rows, std::size_t rowStride, std::size_t rowCount, const float* factors,
                        std::size_t n, float* out);

  /// out[i][j] += Σ_k factors[i · rowStride + k · step] · terms[k][j],  i < rowCount, k < depth, j < n; the sums in the
  /// order of k.
  void (*addProducts)(const float* factors, std::size_t rowStride, std::size_t step, std::size_t rowCount,
                      const float* terms, std::size_t termStride, std::size_t depth, std::size_t n, float* out,
                      std::size_t outStride);

  /// out[i] = e^(in[i] − minus), i < n, within 2 ulp. @return their sum  @pre out may be in
  float (*exps)(const float* in, float minus, std::size_t n, float* out);

  /// out[i] = 1 / (1 + e^−in[i]), i < n: within 4 ulp, and zero below 2^-127. @pre out may be in
  void (*logistics)(const float* in, std::size_t n, float* out);

  /// The 2 · pairs values (levels[code] − offset) · factor of packed 4-bit codes; levels has 16 values.
  void (*lookUpNibbles)(const std::uint8_t* packed, std::size_t pairs, NibbleOrder order, const float* levels,
                        float offset, float factor, float* out);

  /// Of each RowFormat, in its order.
  const PackedKernel* packed;
  const PackedKernel& packedRows(RowFormat format) const { return packed[static_cast<std::size_t>(format)]; }
};

/// The best of the instruction sets this processor has.
const VectorKernels& vectorKernels();
/// All that this processor can run, the baseline first (for tests, which compare them).
std::span<const VectorKernels> runnableVectorKernels();

}  // namespace core::model::ops
