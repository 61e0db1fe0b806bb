#include "core/quant/methods/output_error.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "core/base/parallel_chunks.h"
#include "core/quant/methods/strip_product.h"

namespace core::quant {

namespace {

constexpr std::size_t kRowsAtOnce = 256;  // whose products are summed in float32
constexpr std::size_t kBlock = kStrip * kStrip;

/// [rows, columns] as strips: [strip][row][32].
std::vector<float> inStrips(std::span<const float> values, std::size_t rows, std::size_t columns) {
  std::vector<float> strips(stripCount(columns) * rows * kStrip);
  parallelFor(stripCount(columns), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t s = first; s < last; ++s)
      for (std::size_t r = 0; r < rows; ++r)
        std::copy_n(values.data() + r * columns + s * kStrip, std::min(kStrip, columns - s * kStrip),
                    strips.data() + (s * rows + r) * kStrip);
  });
  return strips;
}

/// Σ of the elements of two matrices, multiplied one by one: `product` in strips, `hessian` from its first element on.
double dot(const float* product, const float* hessian, std::size_t rows, std::size_t columns, std::size_t stride) {
  double sum = 0.0;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c)
      sum += static_cast<double>(product[r * kStrip + c]) * static_cast<double>(hessian[r * stride + c]);
  return sum;
}

}  // namespace

// tr(ΔW H ΔWᵀ) = Σ H_ij · (ΔWᵀ ΔW)_ij, and both are symmetric: half of the products suffices.
double outputError(std::span<const float> errors, const tensor::Shape& shape, std::span<const float> hessian,
                   const JobContext& job) {
  const std::size_t rows = shape.rows(), columns = shape.rowValues(), strips = stripCount(columns);
  if (rows == 0) return 0.0;
  const std::vector<float> values = inStrips(errors, rows, columns);
  std::vector<double> sums(strips);  // added up in their order
  parallelFor(strips, 1, [&](std::size_t first, std::size_t last) {
    std::array<float, kBlock> product;
    for (std::size_t j = first; j < last; ++j) {
      job.throwIfCancelled();
      for (std::size_t i = 0; i <= j; ++i) {
        const float* const block = hessian.data() + i * kStrip * columns + j * kStrip;
        for (std::size_t row = 0; row < rows; row += kRowsAtOnce) {
          stripProduct(values.data() + (i * rows + row) * kStrip, values.data() + (j * rows + row) * kStrip,
                       std::min(kRowsAtOnce, rows - row), product.data());
          sums[j] += (i == j ? 1.0 : 2.0) * dot(product.data(), block, std::min(kStrip, columns - i * kStrip),
                                                std::min(kStrip, columns - j * kStrip), columns);
        }
      }
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0) / static_cast<double>(rows);
}

RunErrors::RunErrors(std::span<const float> hessian, std::span<const float> inputScales, std::vector<ColumnRun> runs)
    : m_runs(std::move(runs)) {
  const std::size_t columns = inputScales.size();
  for (const ColumnRun& run : m_runs) {
    std::vector<float> block(run.count * run.count);
    for (std::size_t i = 0; i < run.count; ++i)
      for (std::size_t j = 0; j < run.count; ++j)
        block[i * run.count + j] = hessian[(run.first + i) * columns + run.first + j] /
                                   (inputScales[run.first + i] * inputScales[run.first + j]);
    m_blocks.push_back(inStrips(block, run.count, run.count));
  }
}

std::vector<double> RunErrors::of(std::span<const float> errors, const tensor::Shape& shape,
                                  const JobContext& job) const {
  const std::size_t rows = shape.rows(), columns = shape.rowValues();
  std::vector<double> result(rows * m_runs.size());
  parallelFor(stripCount(rows), 1, [&](std::size_t firstStrip, std::size_t lastStrip) {
    std::vector<float> turned(columns * kStrip);  // [column][32 rows]
    std::array<float, kBlock> product;
    for (std::size_t first = firstStrip * kStrip; first < std::min(rows, lastStrip * kStrip); first += kStrip) {
      job.throwIfCancelled();
      const std::size_t count = std::min(kStrip, rows - first);
      for (std::size_t r = 0; r < count; ++r)
        for (std::size_t c = 0; c < columns; ++c) turned[c * kStrip + r] = errors[(first + r) * columns + c];
      for (std::size_t k = 0; k < m_runs.size(); ++k) {
        const ColumnRun& run = m_runs[k];
        for (std::size_t at = 0; at < run.count; at += kStrip) {
          stripProduct(turned.data() + run.first * kStrip, m_blocks[k].data() + at * run.count, run.count,
                       product.data());
          for (std::size_t r = 0; r < count; ++r)
            for (std::size_t c = 0; c < std::min(kStrip, run.count - at); ++c)
              result[(first + r) * m_runs.size() + k] += static_cast<double>(product[r * kStrip + c]) *
                                                         static_cast<double>(turned[(run.first + at + c) * kStrip + r]);
        }
      }
    }
  });
  return result;
}

}  // namespace core::quant
