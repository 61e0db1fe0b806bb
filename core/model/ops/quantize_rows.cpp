#include "core/model/ops/quantize_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/base/parallel.h"
#include "core/model/coded_row.h"
#include "core/quant/llm_int8.h"
#include "core/quant/row_scale.h"

namespace core::model::ops {

namespace {

using quant::ActivationName;
using quant::InputQuantizer;
using quant::RowScale;

constexpr std::size_t kGrainValues = 65536;  // below this a thread costs more than it brings
constexpr float kLargestCode = 127.0F;

std::size_t grainOf(std::size_t width) { return kGrainValues / (width + 1) + 1; }

std::uint32_t largestBits(const float* values, std::size_t width) {
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i < width; ++i) largest = std::max(largest, quant::magnitudeBits(values[i]));
  return largest;
}

/// Of what is no outlier; NaN is none.
std::uint32_t largestBits(const float* values, std::size_t width, float threshold) {
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i < width; ++i)
    largest = std::max(largest, std::fabs(values[i]) >= threshold ? 0U : quant::magnitudeBits(values[i]));
  return largest;
}

/// Which columns have an outlier in any row, a bit each.
std::vector<std::uint32_t> outlierMasks(const float* in, std::size_t tokens, std::size_t width, float threshold) {
  std::vector<std::uint32_t> masks((width + CodedRow::kUnit - 1) / CodedRow::kUnit, 0);
  if (threshold <= 0.0F) return masks;
  std::vector<float> largest(width, 0.0F);
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* row = in + t * width;
    for (std::size_t i = 0; i < width; ++i) largest[i] = std::max(largest[i], std::fabs(row[i]));
  }
  for (const std::uint32_t column : quant::outlierColumns(largest, threshold))
    masks[column / CodedRow::kUnit] |= 1U << (column % CodedRow::kUnit);
  return masks;
}

/// @param codes whole units: what lies behind the width stays 0
void makeCodes(const InputQuantizer& quantizer, const RowScale& scale, const float* row, std::size_t width,
               std::int8_t* codes) {
  const auto zero = static_cast<float>(quantizer.zeroPoint);
  if (scale.inverse == 0.0F) {
    std::fill_n(codes, width, static_cast<std::int8_t>(quantizer.zeroPoint));
    return;
  }
  for (std::size_t i = 0; i < width; ++i) {
    const float code = quant::roundToEven(std::clamp(row[i] * scale.inverse, -512.0F, 512.0F)) + zero;
    codes[i] = static_cast<std::int8_t>(static_cast<std::int32_t>(std::clamp(code, -128.0F, 127.0F)));
  }
}

RowScale scaleOf(const InputQuantizer& quantizer, const float* row, std::size_t width) {
  switch (quantizer.name) {
    case ActivationName::Int8Static:
    case ActivationName::Fp8Static:
      return quant::staticScale(largestBits(row, width), quantizer.scale);
    case ActivationName::Fp8Dynamic:
      return quant::rowScale(largestBits(row, width), quant::kLargestE4M3);
    case ActivationName::LlmInt8: {
      const std::uint32_t largest =
          quantizer.threshold > 0.0F ? largestBits(row, width, quantizer.threshold) : largestBits(row, width);
      RowScale scale = quant::rowScale(largest, kLargestCode);
      if (scale.inverse != 0.0F) scale.scale = std::bit_cast<float>(largest) * quant::kLlmInt8InputScale;
      return scale;
    }
    default:
      return quant::rowScale(largestBits(row, width), kLargestCode);
  }
}

void encodeRow(const InputQuantizer& quantizer, const std::vector<std::uint32_t>& masks, const float* row,
               std::size_t width, float* out) {
  const CodedRow layout(static_cast<std::uint32_t>(width));
  const RowScale scale = scaleOf(quantizer, row, width);
  thread_local std::vector<std::int8_t> codes;
  codes.assign(std::size_t{layout.units} * CodedRow::kUnit, 0);
  makeCodes(quantizer, scale, row, width, codes.data());
  for (std::size_t i = 0; i < width; ++i)
    if ((masks[i / CodedRow::kUnit] >> (i % CodedRow::kUnit) & 1U) != 0) codes[i] = 0;
  std::vector<std::int16_t> sums(codes.size() / 8);
  for (std::size_t i = 0; i < codes.size(); ++i) sums[i / 8] = static_cast<std::int16_t>(sums[i / 8] + codes[i]);
  const std::int32_t head[] = {quantizer.zeroPoint, 0, 0};
  out[0] = scale.scale;
  std::memcpy(out + 1, head, sizeof(head));
  std::memcpy(out + layout.codes(), codes.data(), codes.size());
  std::memcpy(out + layout.sums(), sums.data(), sums.size() * sizeof(std::int16_t));
  std::memcpy(out + layout.masks(), masks.data(), masks.size() * sizeof(std::uint32_t));
}

}  // namespace

void encodeRows(const InputQuantizer& quantizer, const float* in, std::size_t tokens, std::size_t width, float* out) {
  const std::vector<std::uint32_t> masks = outlierMasks(in, tokens, width, quantizer.threshold);
  const std::size_t words = CodedRow(static_cast<std::uint32_t>(width)).words();
  parallelFor(tokens, grainOf(width), [&](std::size_t first, std::size_t last) {
    for (std::size_t t = first; t < last; ++t) encodeRow(quantizer, masks, in + t * width, width, out + t * words);
  });
}

void roundRows(const InputQuantizer& quantizer, const float* in, std::size_t tokens, std::size_t width, float* out) {
  parallelFor(tokens, grainOf(width), [&](std::size_t first, std::size_t last) {
    for (std::size_t t = first; t < last; ++t) {
      const float* row = in + t * width;
      const RowScale scale = scaleOf(quantizer, row, width);
      // A row of zeros stays so; one that is no number becomes NaN.
      for (std::size_t i = 0; i < width; ++i)
        out[t * width + i] =
            scale.inverse == 0.0F ? scale.scale * 0.0F : quant::nearestE4M3(row[i] * scale.inverse) * scale.scale;
    }
  });
}

}  // namespace core::model::ops
