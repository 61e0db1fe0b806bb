#pragma once
#include <cstddef>

namespace core::train::ops {

/// out[x · outStride + row] = Σ_i rows[row · rowStride + i] · xs[x · xStride + i],  i < n.
void dots(const float* rows, std::size_t rowStride, std::size_t rowCount, const float* xs, std::size_t xStride,
          std::size_t xCount, std::size_t n, float* out, std::size_t outStride);
void dots(const double* rows, std::size_t rowStride, std::size_t rowCount, const double* xs, std::size_t xStride,
          std::size_t xCount, std::size_t n, double* out, std::size_t outStride);

/// Which element of a matrix of factors stands where: (i, k) at i · row + k · step.
struct FactorStrides {
  std::size_t row, step;
};

/// out[i][j] += Σ_k factors(i, k) · terms[k][j],  i < rowCount, k < depth, j < n; the sums in the order of k.
void addProducts(const float* factors, FactorStrides strides, std::size_t rowCount, const float* terms,
                 std::size_t termStride, std::size_t depth, std::size_t n, float* out, std::size_t outStride);
void addProducts(const double* factors, FactorStrides strides, std::size_t rowCount, const double* terms,
                 std::size_t termStride, std::size_t depth, std::size_t n, double* out, std::size_t outStride);

}  // namespace core::train::ops
