#include "gpu/level_rule.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/numeric/codec.h"
#include "gpu/shaders/common/param_words.h"

namespace gpu {

namespace {

using core::numeric::FormatId;
using core::quant::CodeBook;

struct FloatRule {
  LevelRule rule;
  FormatId format;
  const char* kernel;
};
constexpr FloatRule kFloats[] = {{LevelRule::E4M3, FormatId::Fp8E4M3, "scaled_e4m3"},
                                 {LevelRule::E5M2, FormatId::Fp8E5M2, "scaled_e5m2"},
                                 {LevelRule::E3M2, FormatId::Fp6E3M2, "scaled_e3m2"},
                                 {LevelRule::E2M3, FormatId::Fp6E2M3, "scaled_e2m3"}};

/// Whether level(code) is that of every code; any NaN is as good as another.
template <typename Level>
bool areAll(const CodeBook& codes, const Level& level) {
  for (std::uint32_t code = 0; code < codes.levels.size(); ++code) {
    const float is = codes.levels[code], expected = level(code);
    if (!(is == expected || (std::isnan(is) && std::isnan(expected)))) return false;
  }
  return codes.levels.size() == std::size_t{1} << codes.bits;
}

bool areFloats(const CodeBook& codes, FormatId format) {
  const std::vector<double> values = core::numeric::enumerate(core::numeric::numberFormat(format));
  return values.size() == codes.levels.size() &&
         areAll(codes, [&](std::uint32_t code) { return static_cast<float>(values[code]); });
}

bool arePowers(const CodeBook& codes) {
  const std::uint32_t signBit = 1U << (codes.bits - 1);
  return areAll(codes, [&](std::uint32_t code) {
    const std::uint32_t field = code & (signBit - 1);
    const float magnitude =
        field == 0 ? 0.0F : std::ldexp(1.0F, static_cast<int>(field) - static_cast<int>(signBit - 1));
    return (code & signBit) == 0 ? magnitude : -magnitude;
  });
}

/// With scales that can be multiplied by the step without rounding.
bool areIntegers(const CodeBook& codes) {
  const float step = codes.levels[1];
  int exponent = 0;
  if (!(step > 0) || std::frexp(step, &exponent) != 0.5F) return false;
  const bool areScalesLarge = std::ranges::all_of(codes.decodedScales(), [&](float scale) {
    return scale == 0 || (std::abs(scale * step) >= std::numeric_limits<float>::min() && std::isfinite(scale * step));
  });
  return areScalesLarge &&
         areAll(codes, [&](std::uint32_t code) { return static_cast<float>(static_cast<std::int8_t>(code)) * step; });
}

/// Whether level(code) is within 2^-20 of that of every code.
template <typename Level>
bool areNear(const CodeBook& codes, const Level& level) {
  for (std::uint32_t code = 0; code < codes.levels.size(); ++code) {
    const float is = codes.levels[code];
    if (!(std::abs(level(code) - is) <= std::abs(is) * 0x1p-20F)) return false;
  }
  return codes.levels.size() == std::size_t{1} << codes.bits;
}

std::vector<float> decadeFactors(const CodeBook& codes) {
  constexpr std::uint32_t kLines = 8;
  std::vector<float> factors(2 * kLines);
  // Of the doubled distances 2^(1 + e) … from code 127, by the lower bits of their exponent field.
  const auto setLine = [&](std::uint32_t e, double slope, double offset) {
    factors[(e + 1 + 127) % kLines] = static_cast<float>(slope / 2);
    factors[kLines + (e + 1 + 127) % kLines] = static_cast<float>(offset);
  };
  setLine(0, 0.55e-6, 0);
  for (std::uint32_t decade = 1; decade < 7; ++decade) {
    const double most = std::pow(10.0, static_cast<double>(decade) - 6), step = 0.9 / (1U << decade);
    setLine(decade, step * most, (step / 2 - 0.8) * most);
  }
  setLine(7, 1.0 / 128, 0);
  const auto level = [&](std::uint32_t code) {
    const float distance = 2 * (static_cast<float>(code) - 127.0F);
    const std::uint32_t line = std::bit_cast<std::uint32_t>(distance) >> 23 & (kLines - 1);
    return std::copysign(std::abs(distance) * factors[line] + factors[kLines + line], distance);
  };
  return codes.bits == 8 && areNear(codes, level) ? factors : std::vector<float>();
}

std::vector<float> ratioFactors(const CodeBook& codes) {
  constexpr std::uint32_t kLower = 8, kMostUpper = 16;
  const std::uint32_t signBit = 1U << (codes.bits - 1), upper = signBit / kLower;
  if (codes.levels.size() != std::size_t{2} * signBit) return {};
  std::vector<float> factors(kMostUpper + kLower);
  for (std::uint32_t i = 0; i < upper; ++i) factors[i] = codes.levels[i * kLower + kLower - 1];
  const float* last = codes.levels.data() + signBit - kLower;
  for (std::uint32_t i = 0; i < kLower; ++i) factors[kMostUpper + i] = last[i] / last[kLower - 1];
  const auto level = [&](std::uint32_t code) {
    const std::uint32_t field = code & (signBit - 1);
    const float magnitude = field == 0 ? 0.0F : factors[field / kLower] * factors[kMostUpper + field % kLower];
    return (code & signBit) == 0 ? magnitude : -magnitude;
  };
  return areNear(codes, level) ? factors : std::vector<float>();
}

}  // namespace

LevelFactors levelFactorsOf(const CodeBook& codes) {
  if (codes.bits <= 4) return {kTableLevels, {}};
  if (auto factors = ratioFactors(codes); !factors.empty()) return {kRatioLevels, std::move(factors)};
  if (auto factors = decadeFactors(codes); !factors.empty()) return {kDecadeLevels, std::move(factors)};
  return {kTableLevels, {}};
}

LevelRule levelRuleOf(const CodeBook& codes) {
  if (codes.bits <= 4) return LevelRule::Table;  // registers hold these
  for (const FloatRule& entry : kFloats)
    if (areFloats(codes, entry.format)) return entry.rule;
  if (arePowers(codes)) return LevelRule::Powers;
  return codes.bits == 8 && areIntegers(codes) ? LevelRule::Integers : LevelRule::Table;
}

const char* floatKernel(LevelRule rule) {
  const auto* found =
      std::find_if(std::begin(kFloats), std::end(kFloats), [&](const auto& f) { return f.rule == rule; });
  return found->kernel;
}

}  // namespace gpu
