#include "core/train/ops/products.h"

#include <algorithm>
#include <vector>

#include "core/model/ops/vector_kernels.h"

namespace core::train::ops {

namespace {

// A block of terms and one of factors stay in the caches next to the processor.
constexpr std::size_t kBlockDepth = 128, kBlockColumns = 64, kBlockRows = 64;
constexpr std::size_t kLeastPackedRows = 16;  // below this, copying costs more than it brings

}  // namespace

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
  const auto add = model::ops::vectorKernels().addProducts;
  if (rowCount < kLeastPackedRows || termStride <= kBlockColumns) {
    for (std::size_t k = 0; k < depth; k += kBlockDepth)
      add(factors + k * strides.step, strides.row, strides.step, rowCount, terms + k * termStride, termStride,
          std::min(kBlockDepth, depth - k), n, out, outStride);
    return;
  }
  // Rows that are powers of two apart fall on the same few lines of a cache: blocks are copied together first.
  thread_local std::vector<float> block(kBlockDepth * kBlockColumns), factorBlock(kBlockDepth * kBlockRows);
  for (std::size_t j = 0; j < n; j += kBlockColumns) {
    const std::size_t columns = std::min(kBlockColumns, n - j);
    for (std::size_t k = 0; k < depth; k += kBlockDepth) {
      const std::size_t deep = std::min(kBlockDepth, depth - k);
      for (std::size_t i = 0; i < deep; ++i)
        std::copy_n(terms + (k + i) * termStride + j, columns, block.data() + i * kBlockColumns);
      for (std::size_t row = 0; row < rowCount; row += kBlockRows) {
        const std::size_t rows = std::min(kBlockRows, rowCount - row);
        const float* own = factors + row * strides.row + k * strides.step;
        FactorStrides ownStrides = strides;
        if (strides.row == 1) {
          for (std::size_t i = 0; i < deep; ++i)
            std::copy_n(own + i * strides.step, rows, &factorBlock[i * kBlockRows]);
          own = factorBlock.data();
          ownStrides.step = kBlockRows;
        }
        add(own, ownStrides.row, ownStrides.step, rows, block.data(), kBlockColumns, deep, columns,
            out + row * outStride + j, outStride);
      }
    }
  }
}

void addProducts(const double* factors, FactorStrides strides, std::size_t rowCount, const double* terms,
                 std::size_t termStride, std::size_t depth, std::size_t n, double* out, std::size_t outStride) {
  for (std::size_t i = 0; i < rowCount; ++i)
    for (std::size_t k = 0; k < depth; ++k)
      for (std::size_t j = 0; j < n; ++j)
        out[i * outStride + j] += factors[i * strides.row + k * strides.step] * terms[k * termStride + j];
}

}  // namespace core::train::ops
