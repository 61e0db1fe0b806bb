#include "core/quant/affine.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <vector>

#include "core/base/multiversion.h"
#include "core/base/parallel_chunks.h"
#include "core/numeric/half.h"
#include "core/quant/bit_stream.h"
#include "core/quant/finite_values.h"
#include "core/quant/quantizer.h"
#include "core/quant/stored_size.h"

namespace core::quant {

namespace {

/// Largest finite magnitude on each side of 0.
struct Extremes {
  float negative = 0.0F;  ///< −min, at least 0
  float positive = 0.0F;  ///< max, at least 0
};

/// Scale and zero-point of one group.
struct Grid {
  float scale = 0.0F;
  std::int32_t zeroPoint = 0;
};

struct Levels {
  std::int32_t min;
  std::int32_t max;
};

/// Integer comparisons of the bits, because they vectorise without reordering rules and skip NaN and Inf for free.
QS_MULTIVERSION Extremes extremes(const float* values, std::size_t count) {
  std::uint32_t negative = 0;
  std::uint32_t positive = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(values[i]);
    const std::uint32_t magnitude = bits & kMagnitudeMask;
    const std::uint32_t finite = magnitude < kInfinityBits ? magnitude : 0U;
    negative = std::max(negative, bits != magnitude ? finite : 0U);
    positive = std::max(positive, bits == magnitude ? finite : 0U);
  }
  return {std::bit_cast<float>(negative), std::bit_cast<float>(positive)};
}

/// Nearest even for |x| < 2^22: in the binade of 1.5 · 2^23 the ulp is 1, so the addition rounds.
QS_FORCE_INLINE float roundToEven(float x) { return (x + 12582912.0F) - 12582912.0F; }

float halfPrecisionScale(float scale) {
  if (scale >= 0x1p-14F) return numeric::halfToFloat(finiteHalf(scale));
  const float steps = scale * 0x1p24F;
  const float floor = static_cast<float>(static_cast<std::int32_t>(steps));
  return (floor < steps ? floor + 1.0F : floor) * 0x1p-24F;
}

Levels levels(const Scheme& scheme) {
  const std::int32_t half = 1 << (codeBits(scheme.name) - 1);
  return {scheme.range == RangeMethod::Absmax ? -(half - 1) : -half, half - 1};
}

Grid chooseGrid(const Scheme& scheme, const Extremes& range) {
  const Levels level = levels(scheme);
  const bool symmetric = scheme.range == RangeMethod::Absmax;
  const float steps = static_cast<float>(symmetric ? level.max : level.max - level.min);
  const float extent = symmetric ? std::max(range.negative, range.positive) : range.positive + range.negative;
  Grid grid;
  // An extent beyond float32 (weights near ±3.4e38) takes the symmetric scale; no level may overflow either way.
  const bool representable = std::isfinite(extent);
  const float largestCode = representable ? steps : static_cast<float>(level.max);
  grid.scale = (representable ? extent : std::max(range.negative, range.positive)) / largestCode;
  if (!std::isfinite(grid.scale * largestCode)) grid.scale = std::nextafter(grid.scale, 0.0F);
  if (scaleBits(scheme.granularity) == 16) grid.scale = halfPrecisionScale(grid.scale);
  if (symmetric || grid.scale == 0.0F) return grid;
  const float lowest = static_cast<float>(level.min);
  const float zero = std::clamp(lowest + range.negative / grid.scale, lowest, static_cast<float>(level.max));
  grid.zeroPoint = static_cast<std::int32_t>(roundToEven(zero));
  return grid;
}

/// u = q − qmin of every value.
QS_MULTIVERSION void encodeGroup(const float* __restrict__ values, std::size_t count, float scale, float zeroPoint,
                                 float levelMin, float levelMax, std::uint8_t* __restrict__ codes) {
  const float lowest = levelMin - zeroPoint;
  const float highest = levelMax - zeroPoint;
  for (std::size_t i = 0; i < count; ++i) {
    float x = values[i] / scale;
    x = x != x ? 0.0F : x;
    x = x < lowest ? lowest : x;
    x = x > highest ? highest : x;
    codes[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(roundToEven(x) - lowest));
  }
}

QS_MULTIVERSION void decodeGroup(const std::uint8_t* __restrict__ codes, std::size_t count, float scale,
                                 std::int32_t offset, float* __restrict__ out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = scale * static_cast<float>(codes[i] + offset);
}

Extremes merge(const Extremes& a, const Extremes& b) {
  return {std::max(a.negative, b.negative), std::max(a.positive, b.positive)};
}

Extremes extremesOfTensor(const tensor::TensorView& source, const JobContext& job) {
  const std::uint64_t total = source.shape.count();
  return parallelReduce(
      total, kValuesPerChunk, Extremes{},
      [&](std::uint64_t begin, std::uint64_t end, Extremes found) {
        std::vector<float> values(std::min<std::uint64_t>(kValuesPerChunk, end - begin));
        for (std::uint64_t first = begin; first < end; first += values.size()) {
          job.throwIfCancelled();
          const std::uint64_t count = std::min<std::uint64_t>(values.size(), end - first);
          decode(source, first, count, values.data());
          found = merge(found, extremes(values.data(), count));
        }
        return found;
      },
      merge);
}

/// Encodes one row into codes, one byte each, and stores its grids unless the whole tensor shares one.
void encodeRow(const Scheme& scheme, const float* values, std::uint64_t row, const Grid* shared, QuantizedTensor& out,
               std::uint8_t* codes) {
  const Levels level = levels(scheme);
  const std::uint64_t count = out.shape.rowValues();
  const std::uint64_t groups = groupsPerRow(scheme.granularity, scheme.groupSize, count);
  const std::uint64_t groupValues = scheme.granularity == Granularity::Group ? scheme.groupSize : count;
  for (std::uint64_t g = 0; g < groups; ++g) {
    const std::uint64_t first = g * groupValues;
    const std::uint64_t size = std::min(groupValues, count - first);
    const Grid grid = shared != nullptr ? *shared : chooseGrid(scheme, extremes(values + first, size));
    if (shared == nullptr) {
      out.scales[row * groups + g] = grid.scale;
      if (!out.zeroPoints.empty()) out.zeroPoints[row * groups + g] = grid.zeroPoint;
    }
    if (grid.scale == 0.0F)
      std::fill_n(codes + first, size, static_cast<std::uint8_t>(grid.zeroPoint - level.min));
    else
      encodeGroup(values + first, size, grid.scale, static_cast<float>(grid.zeroPoint), static_cast<float>(level.min),
                  static_cast<float>(level.max), codes + first);
  }
}

}  // namespace

void quantizeInteger(const tensor::TensorView& source, const Scheme& scheme, const JobContext& job,
                     QuantizedTensor& out, std::uint8_t* payload) {
  const StoredSize size = storedSize(scheme, out.shape);
  out.layout = Layout::Integer;
  out.bits = codeBits(scheme.name);
  out.qmin = levels(scheme).min;
  out.granularity = scheme.granularity;
  out.groupSize = scheme.groupSize;
  out.scaleBits = scaleBits(scheme.granularity);
  out.scales.resize(size.scales);
  if (scheme.range == RangeMethod::MinMax) out.zeroPoints.resize(size.scales);
  const std::uint64_t rowValues = out.shape.rowValues();
  if (out.shape.count() == 0) return;

  Grid shared;
  if (scheme.granularity == Granularity::Tensor) {
    shared = chooseGrid(scheme, extremesOfTensor(source, job));
    out.scales[0] = shared.scale;
    if (!out.zeroPoints.empty()) out.zeroPoints[0] = shared.zeroPoint;
  }
  const Grid* sharedGrid = scheme.granularity == Granularity::Tensor ? &shared : nullptr;
  const std::uint64_t rowBytes = integerRowBytes(out.bits, rowValues);
  forEachChunk(out.shape.rows(), itemsPerChunk(rowValues), job, "Quantizing",
               [&](std::uint64_t first, std::uint64_t rows) {
                 std::vector<float> values(rows * rowValues);
                 std::vector<std::uint8_t> codes(rowValues);
                 decode(source, first * rowValues, values.size(), values.data());
                 for (std::uint64_t r = 0; r < rows; ++r) {
                   encodeRow(scheme, values.data() + r * rowValues, first + r, sharedGrid, out, codes.data());
                   packBits(codes.data(), rowValues, out.bits, payload + (first + r) * rowBytes);
                 }
               });
}

void dequantizeInteger(const QuantizedTensor& tensor, std::uint64_t firstRow, std::uint64_t rowCount, float* out) {
  assert(tensor.layout == Layout::Integer);
  const std::uint64_t rowValues = tensor.rowValues();
  const std::uint64_t rowBytes = integerRowBytes(tensor.bits, rowValues);
  const std::uint64_t groups = groupsPerRow(tensor.granularity, tensor.groupSize, rowValues);
  const std::uint64_t groupValues = tensor.granularity == Granularity::Group ? tensor.groupSize : rowValues;
  const auto* payload = reinterpret_cast<const std::uint8_t*>(tensor.payload.data());
  std::vector<std::uint8_t> codes(rowValues);
  for (std::uint64_t row = firstRow; row < firstRow + rowCount; ++row, out += rowValues) {
    unpackBits(payload + row * rowBytes, rowValues, tensor.bits, codes.data());
    for (std::uint64_t g = 0; g < groups; ++g) {
      const std::uint64_t scale = tensor.granularity == Granularity::Tensor ? 0 : row * groups + g;
      const std::int32_t zeroPoint = tensor.zeroPoints.empty() ? 0 : tensor.zeroPoints[scale];
      const std::uint64_t first = g * groupValues;
      decodeGroup(codes.data() + first, std::min(groupValues, rowValues - first), tensor.scales[scale],
                  tensor.qmin - zeroPoint, out + first);
    }
  }
}

}  // namespace core::quant
