#include "core/quant/scaled_levels.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>

#include "core/numeric/codec.h"
#include "core/quant/bit_stream.h"
#include "core/quant/casts.h"
#include "core/quant/finite_values.h"
#include "core/quant/nearest_level.h"
#include "core/quant/tensor_rows.h"

namespace core::quant {

namespace {

using numeric::FormatId;

constexpr float kLargestE4M3 = 448.0F;
constexpr float kLargestE2M1 = 6.0F;
constexpr int kLargestExponent = 127;  // of E8M0, on both sides

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

float largestLevel(const std::vector<float>& levels) {
  float largest = 0.0F;
  for (const float level : levels)
    if (std::isfinite(level)) largest = std::max(largest, std::fabs(level));
  return largest;
}

float storedE4M3(float value) {
  std::uint8_t byte = 0;
  encodeFp8E4M3(&value, 1, &byte);
  decodeFp8E4M3(&byte, 1, &value);
  return value;
}

float powerOfTwoScale(float amax, float largest) {
  if (amax == 0.0F) return std::ldexp(1.0F, -kLargestExponent);
  const int exponent = std::ilogb(amax) - std::ilogb(largest);
  return std::ldexp(1.0F, std::clamp(exponent, -kLargestExponent, kLargestExponent));
}

/// How one format makes a scale of the largest magnitude of a group.
class ScaleRule {
 public:
  ScaleRule(const Format& format, const std::vector<float>& levels, float tensorMax)
      : m_family(family(format.name)), m_type(format.scaleType), m_largest(largestLevel(levels)) {
    if (m_type == ScaleType::E4M3 && tensorMax != 0.0F) m_global = kLargestE4M3 * kLargestE2M1 / tensorMax;
    if (!std::isfinite(m_global)) m_global = std::numeric_limits<float>::max();
  }

  float operator()(float amax) const {
    if (m_type == ScaleType::E8M0) return powerOfTwoScale(amax, m_largest);
    if (m_type == ScaleType::E4M3) return storedE4M3(m_global * (amax / kLargestE2M1)) / m_global;
    if (m_family == Family::ScaledFloat) return amax / m_largest;
    return storedScale(m_type, amax);
  }
  float tensorFactor() const { return m_global; }

 private:
  Family m_family;
  ScaleType m_type;
  float m_largest;
  float m_global = 1.0F;
};

/// The largest finite magnitude of every group.
std::vector<float> groupMaxima(const QuantizedTensor& source, const Grouping& grouping, const JobContext& job) {
  std::vector<std::atomic<std::uint32_t>> bits(groupCount(grouping, source.shape));
  forEachRow(source, job, "Reading", [&](std::uint64_t row, const float* values) {
    forEachRun(grouping, source.shape.rowValues(), row, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
      const std::uint32_t found = std::bit_cast<std::uint32_t>(maxFiniteMagnitude(values + at, n));
      std::uint32_t known = bits[g].load(std::memory_order_relaxed);
      while (known < found && !bits[g].compare_exchange_weak(known, found, std::memory_order_relaxed)) {
      }
    });
  });
  std::vector<float> maxima(bits.size());
  std::transform(bits.begin(), bits.end(), maxima.begin(),
                 [](const auto& b) { return std::bit_cast<float>(b.load()); });
  return maxima;
}

Ties tiesOf(const Format& format) {
  return family(format.name) == Family::Logarithmic ? Ties::ToSmallerMagnitude : Ties::ToEvenCode;
}

/// Levels that are written: all but the −128 of mx_int8, which has no positive counterpart.
std::vector<float> writtenLevels(const Format& format, std::vector<float> levels) {
  if (format.name == FormatName::MxInt8) levels[0x80] = std::numeric_limits<float>::quiet_NaN();
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
  const std::vector<float> written = writtenLevels(format, out.levels);
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
      for (std::uint64_t i = at; i < at + n; ++i) {
        const float x = values[i] / scale;  // 0 / 0 of a group of zeros is NaN, too
        codes[i] = nearest.code(x != x ? 0.0F : x);
      }
    });
    packBits(codes.data(), rowValues, out.bits, payload + row * rowBytes);
  });
}

}  // namespace core::quant
