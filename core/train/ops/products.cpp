#include "core/train/ops/products.h"

#include "core/model/ops/vector_kernels.h"

namespace core::train::ops {

void dots(const float* rows, std::size_t rowStride, std::size_t rowCount, const float* xs, std::size_t xStride,
          std::size_t xCount, std::size_t n, float* out, std::size_t outStride) {
  model::ops::vectorKernels().dotRows(rows, rowStride, rowCount, xs, xStride, xCount, n, out, outStride);
}

void dots(const double* rows, std::size_t rowStride, std::size_t rowCount, const double* xs, std::size_t xStride,
          std::size_t xCount, std::size_t n, double* out, std::size_t outStride) {
  for (std::size_t x = 0; x < xCount; ++x) {
    for (std::size_t row = 0; row < rowCount; ++row) {
      double sum = 0.0;
      for (std::size_t i = 0; i < n; ++i) sum += rows[row * rowStride + i] * xs[x * xStride + i];
      out[x * outStride + row] = sum;
    }
  }
}

void addProducts(const float* factors, FactorStrides strides, std::size_t rowCount, const float* terms,
                 std::size_t termStride, std::size_t depth, std::size_t n, float* out, std::size_t outStride) {
  model::ops::vectorKernels().addProducts(factors, strides.row, strides.step, rowCount, terms, termStride, depth, n,
                                          out, outStride);
}

void addProducts(const double* factors, FactorStrides strides, std::size_t rowCount, const double* terms,
                 std::size_t termStride, std::size_t depth, std::size_t n, double* out, std::size_t outStride) {
  for (std::size_t i = 0; i < rowCount; ++i)
    for (std::size_t k = 0; k < depth; ++k)
      for (std::size_t j = 0; j < n; ++j)
        out[i * outStride + j] += factors[i * strides.row + k * strides.step] * terms[k * termStride + j];
}

}  // namespace core::train::ops
