#include "core/model/ops/matmul.h"

#include <algorithm>
#include <vector>

#include "core/base/parallel.h"
#include "core/model/ops/row_decoder.h"
#include "core/model/ops/vector_kernels.h"

namespace core::model::ops {

namespace {

constexpr std::size_t kTileBytes = 512 * 1024;       // decoded rows that should stay in the second-level cache
constexpr std::size_t kMaxTileRows = 24;             // a panel of the dot product kernel
constexpr std::size_t kRowsPerStep = 8;              // what the dot product kernels take at once
constexpr std::size_t kTaskMultiplications = 65536;  // below this a thread costs more than it brings

/// Rows decoded at once: few when they are used only once, more when many tokens use them again.
std::size_t tileRows(std::size_t inWidth, std::size_t tokens) {
  if (tokens == 1) return kRowsPerStep;
  const std::size_t fitting = kTileBytes / (std::max<std::size_t>(inWidth, 1) * sizeof(float));
  return std::clamp(fitting / kRowsPerStep * kRowsPerStep, kRowsPerStep, kMaxTileRows);
}

/// The rows in the type of the arithmetic: themselves, or rounded in `scratch`.
const float* roundedRows(const float* rows, std::size_t count, quant::ComputeType compute,
                         std::vector<float>& scratch) {
  if (compute == quant::ComputeType::Fp32) return rows;
  if (rows != scratch.data()) scratch.assign(rows, rows + count);
  quant::roundTo(compute, {scratch.data(), count});
  return scratch.data();
}

}  // namespace

void matMul(const quant::QuantizedTensor& weight, std::span<const float> bias, const float* in, std::size_t tokens,
            float* out, quant::Columns columns) {
  matMulRows(weight, {0, weight.rows()}, bias, in, tokens, out, columns);
}

void matMulRows(const quant::QuantizedTensor& weight, const RowRange& rowsOf, std::span<const float> bias,
                const float* in, std::size_t tokens, float* out, quant::Columns columns) {
  const std::size_t inWidth = weight.rowValues();
  const std::size_t outWidth = rowsOf.count;
  const std::size_t tile = tileRows(inWidth, tokens);
  const std::size_t grain =
      std::max<std::size_t>(tile, kTaskMultiplications / std::max<std::size_t>(inWidth * tokens, 1));
  const VectorKernels& kernels = vectorKernels();
  const RowDecoder decoder(weight, columns);
  const quant::ComputeType compute = weight.compute();
  std::vector<float> roundedIn;
  if (compute != quant::ComputeType::Fp32) {
    roundedIn.assign(in, in + tokens * inWidth);
    quant::roundTo(compute, roundedIn);
    in = roundedIn.data();
  }
  parallelFor(outWidth, grain, [&](std::size_t first, std::size_t last) {
    thread_local std::vector<float> scratch;
    for (std::size_t row = first; row < last; row += tile) {
      const std::size_t count = std::min(tile, last - row);
      if (tokens == 1 && compute == quant::ComputeType::Fp32) {
        decoder.dot(rowsOf.first + row, count, in, out + row, scratch);
        continue;
      }
      const float* rows =
          roundedRows(decoder.rows(rowsOf.first + row, count, scratch), count * inWidth, compute, scratch);
      kernels.dotRows(rows, inWidth, count, in, inWidth, tokens, inWidth, out + row, outWidth);
    }
    for (std::size_t t = 0; t < tokens; ++t) {
      float* const made = out + t * outWidth;
      for (std::size_t row = first; row < last && !bias.empty(); ++row) made[row] += bias[row];
      quant::roundTo(compute, {made + first, last - first});
    }
  });
}

}  // namespace core::model::ops
