#include "core/quant/scaled_levels.h"

#include <algorithm>
#include <cmath>

#include "core/numeric/codec.h"
#include "core/quant/bit_stream.h"
#include "core/quant/scale_rule.h"
#include "core/quant/tensor_rows.h"

namespace core::quant {

namespace {

using numeric::FormatId;

FormatId elementOf(FormatName name) {
  switch (name) {
    case FormatName::Fp8E5M2:
    case FormatName::MxE5M2:
      return FormatId::Fp8E5M2;
    case FormatName::MxE3M2:
      return FormatId::Fp6E3M2;
    case FormatName::MxE2M3:
      return FormatId::Fp6E2M3;
    case FormatName::MxE2M1:
    case FormatName::NvE2M1:
      return FormatId::Fp4E2M1;
    default:
      return FormatId::Fp8E4M3;
  }
}

std::vector<float> logarithmicLevels(const Format& format) {
  const std::uint32_t signBit = 1U << (codeBits(format.name) - 1);
  std::vector<float> levels(std::size_t{signBit} * 2, 0.0F);
  for (std::uint32_t field = 1; field < signBit; ++field) {
    const double power = -static_cast<double>(signBit - 1 - field);
    levels[field] = static_cast<float>(std::pow(static_cast<double>(format.base), power));
    levels[field | signBit] = -levels[field];
  }
  return levels;
}

}  // namespace

std::vector<float> levelsOf(const Format& format) {
  if (family(format.name) == Family::Logarithmic) return logarithmicLevels(format);
  std::vector<float> levels;
  if (format.name == FormatName::MxInt8) {
    for (int code = 0; code < 256; ++code) levels.push_back(static_cast<float>(static_cast<std::int8_t>(code)) / 64.0F);
    return levels;
  }
  for (const double value : numeric::enumerate(numeric::numberFormat(elementOf(format.name))))
    levels.push_back(static_cast<float>(value));
  return levels;
}

void quantizeToLevels(const QuantizedTensor& source, const Scheme& scheme, const JobContext& job, CodeBook& out,
                      std::uint8_t* payload) {
  const Format& format = scheme.format;
  const std::uint64_t rowValues = source.shape.rowValues();
  out.bits = codeBits(format.name);
  out.grouping = format.grouping;
  out.scaleType = format.scaleType;
  out.levels = levelsOf(format);
  out.scales = groupMaxima(source, out.grouping, job);
  const float tensorMax = out.scales.empty() ? 0.0F : *std::max_element(out.scales.begin(), out.scales.end());
  const std::vector<float> written = writtenLevels(format);
  const ScaleRule rule(format, written, tensorMax);
  out.tensorFactor = rule.tensorFactor();
  for (float& scale : out.scales) scale = rule(scale);

  const NearestLevel nearest(written, tiesOf(format));
  const std::uint64_t rowBytes = codeRowBytes(out.bits, rowValues);
  PerThread<std::vector<std::uint8_t>> rowCodes({});
  forEachRow(source, job, "Quantizing", [&](std::uint64_t row, const float* values) {
    std::vector<std::uint8_t>& codes = rowCodes.local();
    codes.resize(rowValues);
    forEachRun(out.grouping, rowValues, row, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
      const float scale = out.scales[g];
      for (std::uint64_t i = at; i < at + n; ++i) codes[i] = nearest.code(inUnitsOf(scale, values[i]));
    });
    packBits(codes.data(), rowValues, out.bits, payload + row * rowBytes);
  });
}

}  // namespace core::quant
