#include "core/quant/uniform_encode.h"

#include <algorithm>

#include "core/base/multiversion.h"
#include "core/quant/bit_stream.h"
#include "core/quant/stored_size.h"
#include "core/quant/tensor_rows.h"
#include "core/quant/uniform_range.h"

namespace core::quant {

namespace {

/// u = q − qmin of every value.
QS_MULTIVERSION void encodeGroup(const float* __restrict__ values, std::size_t count, float scale, float zeroPoint,
                                 float levelMin, float levelMax, std::uint8_t* __restrict__ codes) {
  const float lowest = levelMin - zeroPoint;
  const float highest = levelMax - zeroPoint;
  for (std::size_t i = 0; i < count; ++i)
    codes[i] =
        static_cast<std::uint8_t>(static_cast<std::int32_t>(levelOf(values[i], scale, lowest, highest) - lowest));
}

void store(const UniformGrid& grid, std::uint64_t group, Uniform& out) {
  out.scales[group] = grid.scale;
  if (!out.zeroPoints.empty()) out.zeroPoints[group] = grid.zeroPoint;
}

/// The scales of all groups before any code is chosen, and what their second level makes of them.
void chooseTwoLevelScales(const QuantizedTensor& source, const Scheme& scheme, const RowImportance& importance,
                          const JobContext& job, Uniform& out) {
  std::vector<Extremes> ranges(out.scales.size());
  forEachRow(source, job, "Choosing scales", [&](std::uint64_t row, const float* values) {
    forEachRun(out.grouping, source.shape.rowValues(), row, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
      const UniformGrid grid = chooseGrid(scheme, values + at, n, importance.at(row, at));
      out.scales[g] = grid.scale;
      ranges[g] = grid.range;
    });
  });
  storeSecondLevel(out, uniformLevels(scheme.format), ranges);
}

}  // namespace

Uniform emptyUniform(const Scheme& scheme, const tensor::Shape& shape) {
  Uniform codes;
  codes.bits = codeBits(scheme.format.name);
  codes.qmin = uniformLevels(scheme.format).min;
  codes.grouping = scheme.format.grouping;
  codes.scaleType = scheme.format.scaleType;
  codes.scales.resize(groupCount(codes.grouping, shape));
  codes.zeroPointBits = zeroPointBits(scheme.format);
  if (codes.zeroPointBits != 0) codes.zeroPoints.resize(codes.scales.size());
  return codes;
}

void storeSecondLevel(Uniform& codes, const UniformLevels& level, std::span<const Extremes> ranges) {
  storeSecondLevel(codes.scales);
  for (std::size_t g = 0; g < codes.zeroPoints.size(); ++g)
    codes.zeroPoints[g] = zeroPointOf(level, ranges[g], codes.scales[g]);
}

void encodeUniform(const UniformLevels& level, float scale, float zeroPoint, std::span<const float> values,
                   std::uint8_t* codes) {
  if (scale == 0.0F) {
    std::fill_n(codes, values.size(), static_cast<std::uint8_t>(static_cast<std::int32_t>(zeroPoint) - level.min));
    return;
  }
  encodeGroup(values.data(), values.size(), scale, zeroPoint, static_cast<float>(level.min),
              static_cast<float>(level.max), codes);
}

void quantizeUniform(const QuantizedTensor& source, const Scheme& scheme, const TensorCalibration* calibration,
                     const JobContext& job, Uniform& out, std::uint8_t* payload) {
  const UniformLevels level = uniformLevels(scheme.format);
  const std::uint64_t rowValues = source.shape.rowValues();
  const bool wantsImportance = scheme.method.name == MethodName::ImportanceMatrix;
  const RowImportance importance(wantsImportance ? calibration : nullptr, source.shape);
  out = emptyUniform(scheme, source.shape);
  if (out.scales.empty()) return;
  const bool isWhole = out.grouping.granularity == Granularity::Tensor;
  const bool scalesFirst = isWhole || out.scaleType == ScaleType::UInt8;
  if (isWhole)
    store(chooseGridOfTensor(scheme, source, importance, job), 0, out);
  else if (scalesFirst)
    chooseTwoLevelScales(source, scheme, importance, job, out);

  const std::uint64_t rowBytes = codeRowBytes(out.bits, rowValues);
  PerThread<std::vector<std::uint8_t>> rowCodes({});
  forEachRow(source, job, "Quantizing", [&](std::uint64_t row, const float* values) {
    std::vector<std::uint8_t>& codes = rowCodes.local();
    codes.resize(rowValues);
    forEachRun(out.grouping, rowValues, row, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
      if (!scalesFirst) store(chooseGrid(scheme, values + at, n, importance.at(row, at)), g, out);
      const float zero = out.zeroPoints.empty() ? 0.0F : out.zeroPoints[g];
      encodeUniform(level, out.scales[g], zero, {values + at, n}, codes.data() + at);
    });
    packBits(codes.data(), rowValues, out.bits, payload + row * rowBytes);
  });
}

}  // namespace core::quant
