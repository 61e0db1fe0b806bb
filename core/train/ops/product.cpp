#include "core/train/ops/product.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/train/ops/products.h"

namespace core::train::ops {

namespace {

constexpr std::size_t kTileValues = 64 * 1024;  // decoded weights that stay in the second-level cache, with their line
constexpr std::size_t kMostTileRows = 32;
constexpr std::size_t kLeastRowsToTurn = 16;         // fewer tokens than this do not pay for turning a weight
constexpr std::size_t kTurnedRows = 64;              // of a weight at once
constexpr std::size_t kLeastShareRows = 1024;        // tokens of a task
constexpr std::size_t kTaskMultiplications = 65536;  // below this a thread costs more than it brings

std::size_t tileRows(std::size_t width) {
  constexpr std::size_t kKernelRows = 4;
  return std::clamp(kTileValues / std::max<std::size_t>(width, 1) / kKernelRows * kKernelRows, kKernelRows,
                    kMostTileRows);
}

/// Of few tokens: every row of the weight is read where it lies.
template <typename Real>
void multiplyFew(const PassWeight& weight, const Batch& batch, const Real* in, Real* out, const JobContext& job) {
  const std::size_t width = weight.width, outWidth = weight.rows, tile = tileRows(width);
  // Without a line all sequences meet the same values.
  const std::size_t parts = weight.target ? batch.sequences : 1, partRows = batch.rows() / parts;
  const std::size_t grain = std::max(tile, kTaskMultiplications / std::max<std::size_t>(width * batch.rows(), 1));
  parallelFor(outWidth, grain, [&](std::size_t first, std::size_t last) {
    thread_local WeightPanel<Real> panel;
    thread_local std::vector<Real> scratch;
    for (std::size_t row = first; row < last; row += tile) {
      job.throwIfCancelled();
      const std::size_t count = std::min(tile, last - row);
      panel.read(weight, row, count);
      for (std::size_t part = 0; part < parts; ++part) {
        std::size_t stride = 0;
        const Real* const rows = panel.at(batch.along[part], 0, width, scratch, stride);
        const std::size_t t = part * partRows;
        dots(rows, stride, count, in + t * width, width, partRows, width, out + t * outWidth + row, outWidth);
      }
    }
  });
}

/// Of many tokens: some rows of the weight are turned into columns, so that sums stay in their lanes.
template <typename Real>
void multiplyMany(const PassWeight& weight, const Batch& batch, const Real* in, Real* out, const JobContext& job) {
  const std::size_t width = weight.width, outWidth = weight.rows;
  const std::size_t parts = weight.target ? batch.sequences : 1, partRows = batch.rows() / parts;
  const std::size_t tiles = (outWidth + kTurnedRows - 1) / kTurnedRows;
  const std::size_t shares = std::max<std::size_t>(1, partRows / kLeastShareRows);  // of a part's tokens
  parallelFor(tiles * shares, 1, [&](std::size_t begin, std::size_t end) {
    thread_local WeightPanel<Real> panel;
    thread_local std::vector<Real> scratch, turned;
    turned.resize(width * kTurnedRows);
    for (std::size_t task = begin; task < end; ++task) {
      job.throwIfCancelled();
      const std::size_t row = task / shares * kTurnedRows, count = std::min(kTurnedRows, outWidth - row);
      const std::size_t from = task % shares * partRows / shares, to = (task % shares + 1) * partRows / shares;
      panel.read(weight, row, count);
      for (std::size_t part = 0; part < parts; ++part) {
        std::size_t stride = 0;
        const Real* const rows = panel.at(batch.along[part], 0, width, scratch, stride);
        if (part == 0 || panel.hasChange())
          for (std::size_t r = 0; r < count; ++r)
            for (std::size_t i = 0; i < width; ++i) turned[i * kTurnedRows + r] = rows[r * stride + i];
        const std::size_t t = part * partRows + from;
        for (std::size_t i = t; i < part * partRows + to; ++i) std::fill_n(out + i * outWidth + row, count, Real{0});
        addProducts(in + t * width, {width, 1}, to - from, turned.data(), kTurnedRows, width, count,
                    out + t * outWidth + row, outWidth);
      }
    }
  });
}

}  // namespace

template <typename Real>
void multiply(const PassWeight& weight, const Batch& batch, const Real* in, Real* out, const JobContext& job) {
  if (batch.rows() >= kLeastRowsToTurn)
    multiplyMany(weight, batch, in, out, job);
  else
    multiplyFew(weight, batch, in, out, job);
}

template <typename Real>
void addBias(const PassWeight& bias, const Batch& batch, Real* out) {
  const std::size_t width = bias.width;
  WeightVector<Real> values(bias);
  for (std::size_t sequence = 0; sequence < batch.sequences; ++sequence) {
    const Real* const b = values.at(batch.along[sequence], width);
    for (std::size_t t = sequence * batch.length; t < (sequence + 1) * batch.length; ++t)
      for (std::size_t i = 0; i < width; ++i) out[t * width + i] += b[i];
  }
}

template <typename Real>
void addRowSums(const Real* gradient, std::size_t rows, std::size_t width, Real* out) {
  for (std::size_t i = 0; i < width; ++i) {
    double sum = 0.0;
    for (std::size_t t = 0; t < rows; ++t) sum += static_cast<double>(gradient[t * width + i]);
    out[i] += static_cast<Real>(sum);
  }
}

template <typename Real>
void rowSlopes(const PassWeight& weight, std::size_t rows, const Real* in, const Real* gradient, Real* out,
               const JobContext& job) {
  const std::size_t width = weight.width, tile = tileRows(width), tiles = (weight.rows + tile - 1) / tile;
  std::vector<double> parts(tiles * rows, 0.0);  // of every tile, so that the order of the sum is always the same
  parallelFor(tiles, 1, [&](std::size_t begin, std::size_t end) {
    thread_local WeightPanel<Real> panel;
    thread_local std::vector<Real> changes;
    for (std::size_t part = begin; part < end; ++part) {
      job.throwIfCancelled();
      const std::size_t first = part * tile, count = std::min<std::size_t>(tile, weight.rows - first);
      panel.read(weight, first, count);
      changes.resize(rows * count);
      dots(panel.change(), width, count, in, width, rows, width, changes.data(), count);
      for (std::size_t t = 0; t < rows; ++t)
        for (std::size_t i = 0; i < count; ++i)
          parts[part * rows + t] +=
              static_cast<double>(changes[t * count + i]) * static_cast<double>(gradient[t * weight.rows + first + i]);
    }
  });
  for (std::size_t t = 0; t < rows; ++t) {
    double sum = 0.0;
    for (std::size_t part = 0; part < tiles; ++part) sum += parts[part * rows + t];
    out[t] = static_cast<Real>(sum);
  }
}

template void rowSlopes(const PassWeight&, std::size_t, const float*, const float*, float*, const JobContext&);
template void rowSlopes(const PassWeight&, std::size_t, const double*, const double*, double*, const JobContext&);
template void multiply(const PassWeight&, const Batch&, const float*, float*, const JobContext&);
template void multiply(const PassWeight&, const Batch&, const double*, double*, const JobContext&);
template void addBias(const PassWeight&, const Batch&, float*);
template void addBias(const PassWeight&, const Batch&, double*);
template void addRowSums(const float*, std::size_t, std::size_t, float*);
template void addRowSums(const double*, std::size_t, std::size_t, double*);

}  // namespace core::train::ops
