#include <array>
#include <cmath>

#include "core/base/multiversion.h"
#include "core/quant/block_trace.h"
#include "core/quant/finite_values.h"
#include "core/quant/microscaling.h"

namespace core::quant {

namespace {

constexpr std::size_t kLevels = 8;

/// Magnitudes above bounds[i] have a code of more than i: midpoints of the E2M1 levels under a scale.
using Bounds = std::array<float, kLevels - 1>;

QS_FORCE_INLINE Bounds boundsUnder(float scale) {
  return {0.25F * scale, 0.75F * scale, 1.25F * scale, 1.75F * scale, 2.5F * scale, 3.5F * scale, 5.0F * scale};
}

QS_FORCE_INLINE std::uint32_t nearestE2M1(float value, const Bounds& bounds) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const float magnitude = std::bit_cast<float>(bits & kMagnitudeMask);
  std::uint32_t code = 0;
  for (const float bound : bounds) code += magnitude > bound ? 1U : 0U;
  return code != 0 ? code | ((bits >> 28) & 8U) : 0U;
}

/// `count` values as nibbles: the first half in the low ones.
template <std::size_t count>
QS_FORCE_INLINE void encodeNibbles(const float* values, float scale, std::uint8_t* nibbles) {
  const Bounds bounds = boundsUnder(scale);
  for (std::size_t j = 0; j < count / 2; ++j)
    nibbles[j] =
        static_cast<std::uint8_t>(nearestE2M1(values[j], bounds) | nearestE2M1(values[j + count / 2], bounds) << 4);
}

/// E8M0 code of 2^(floor(log2 absmax) − 2), between 0 and 252. The logarithm in double rounds to the same float32 on
/// every machine.
std::uint32_t scaleE8M0(float absmax) {
  if (absmax == 0.0F) return 0;
  const float logarithm = static_cast<float>(std::log2(static_cast<double>(absmax)));
  return static_cast<std::uint32_t>(std::clamp(static_cast<int>(std::floor(logarithm)) - 2 + 127, 0, 252));
}

/// 2^(code − 127); code 0 is an FP32 denormal.
float fromE8M0(std::uint32_t code) { return std::bit_cast<float>(code == 0 ? 0x00400000U : code << 23); }

/// E4M3 code without sign of a finite x ≥ 0, as ggml rounds: see the header.
QS_FORCE_INLINE std::uint32_t scaleE4M3(float x) {
  if (x < 0x1p-6F) return std::min(static_cast<std::uint32_t>(x * 512.0F + 0.5F), 7U);
  if (x >= 248.0F) return 0x7eU;
  return ((std::bit_cast<std::uint32_t>(x) + 0x00080000U) >> 20) - (120U << 3);
}

/// nvfp4: the scale of a group before it becomes E4M3.
QS_FORCE_INLINE float groupScale(std::uint32_t magnitude) { return std::bit_cast<float>(magnitude) / 6.0F; }

QS_FORCE_INLINE float fromE4M3(std::uint32_t code) {
  if (code < 8) return static_cast<float>(code) * 0x1p-9F;
  return std::bit_cast<float>((code + (120U << 3)) << 20);
}

BlockTrace traceMXFP4(const float* values) {
  std::array<float, 32> copy;
  std::uint32_t magnitude = 0;
  const float* block = finiteBlock(values, copy, magnitude);
  BlockTrace trace;
  trace.input.assign(block, block + 32);
  trace.extreme = std::bit_cast<float>(magnitude);
  trace.scale = fromE8M0(scaleE8M0(trace.extreme));
  trace.code = [bounds = boundsUnder(trace.scale)](float x, std::size_t) {
    return static_cast<std::int32_t>(nearestE2M1(x, bounds));
  };
  return trace;
}

BlockTrace traceNVFP4(const float* values) {
  BlockTrace trace;
  std::array<float, 16> copy;
  std::array<float, 4> scales;
  for (std::size_t group = 0; group < 4; ++group) {
    std::uint32_t magnitude = 0;
    const float* part = finiteBlock(values + 16 * group, copy, magnitude);
    trace.input.insert(trace.input.end(), part, part + 16);
    const float wanted = groupScale(magnitude);
    scales[group] = fromE4M3(scaleE4M3(wanted));
    trace.groupScales.push_back(std::bit_cast<float>(magnitude));
    trace.scaleNumbers.push_back(wanted);
  }
  trace.code = [scales](float x, std::size_t i) {
    const float scale = scales[i / 16];
    return scale == 0.0F ? 0 : static_cast<std::int32_t>(nearestE2M1(x, boundsUnder(scale)));
  };
  return trace;
}

}  // namespace

BlockTrace traceFloatBlock(tensor::DType dtype, const float* values) {
  return dtype == tensor::DType::MXFP4 ? traceMXFP4(values) : traceNVFP4(values);
}

QS_MULTIVERSION void encodeMXFP4(const float* __restrict__ values, std::size_t blockCount,
                                 std::uint8_t* __restrict__ blocks) {
  std::array<float, 32> copy;
  for (std::size_t b = 0; b < blockCount; ++b, values += 32, blocks += 17) {
    std::uint32_t magnitude = 0;
    const float* block = finiteBlock(values, copy, magnitude);
    const std::uint32_t scale = scaleE8M0(std::bit_cast<float>(magnitude));
    blocks[0] = static_cast<std::uint8_t>(scale);
    encodeNibbles<32>(block, fromE8M0(scale), blocks + 1);
  }
}

QS_MULTIVERSION void encodeNVFP4(const float* __restrict__ values, std::size_t blockCount,
                                 std::uint8_t* __restrict__ blocks) {
  std::array<float, 16> copy;
  for (std::size_t b = 0; b < blockCount; ++b, values += 64, blocks += 36) {
    for (std::size_t group = 0; group < 4; ++group) {
      std::uint32_t magnitude = 0;
      const float* part = finiteBlock(values + 16 * group, copy, magnitude);
      const std::uint32_t scale = scaleE4M3(groupScale(magnitude));
      blocks[group] = static_cast<std::uint8_t>(scale);
      std::uint8_t* nibbles = blocks + 4 + 8 * group;
      if (scale == 0)
        std::fill_n(nibbles, 8, std::uint8_t{0});
      else
        encodeNibbles<16>(part, fromE4M3(scale), nibbles);
    }
  }
}

}  // namespace core::quant
