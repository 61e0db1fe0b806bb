#include "core/quant/scale_rule.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>

#include "core/quant/casts.h"
#include "core/quant/finite_values.h"
#include "core/quant/row_scale.h"
#include "core/quant/scaled_levels.h"
#include "core/quant/tensor_rows.h"

namespace core::quant {

namespace {

constexpr float kLargestE2M1 = 6.0F;
constexpr int kLargestExponent = 127;  // of E8M0, on both sides

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

}  // namespace

ScaleRule::ScaleRule(const Format& format, const std::vector<float>& levels, float tensorMax)
    : m_family(family(format.name)), m_type(format.scaleType), m_largest(quant::largestLevel(levels)) {
  if (m_type == ScaleType::E4M3 && tensorMax != 0.0F) m_global = kLargestE4M3 * kLargestE2M1 / tensorMax;
  if (!std::isfinite(m_global)) m_global = std::numeric_limits<float>::max();
}

float ScaleRule::computed(float amax) const {
  if (m_type == ScaleType::E8M0) return (*this)(amax);
  if (m_type == ScaleType::E4M3) return m_global * (amax / kLargestE2M1);
  return m_family == Family::ScaledFloat ? amax / m_largest : amax;
}

float ScaleRule::operator()(float amax) const {
  if (m_type == ScaleType::E8M0) return powerOfTwoScale(amax, m_largest);
  if (m_type == ScaleType::E4M3) return storedE4M3(computed(amax)) / m_global;
  return storedScale(m_type, computed(amax));
}

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

std::vector<float> writtenLevels(const Format& format) {
  std::vector<float> levels = levelsOf(format);
  if (format.name == FormatName::MxInt8) levels[0x80] = std::numeric_limits<float>::quiet_NaN();
  return levels;
}

}  // namespace core::quant
