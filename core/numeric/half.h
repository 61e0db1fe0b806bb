#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace core::numeric {

/// FP16 and BF16 ↔ FP32, the hot paths of every reader. Decoding is exact; encoding rounds to nearest even.
/// Any NaN stays a (quiet) NaN. Source: IEEE 754-2019 binary16; BF16 is the upper half of binary32.

inline float halfToFloat(std::uint16_t bits) {
  constexpr std::uint32_t kExponentStep = 1U << 23;
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t magnitude = static_cast<std::uint32_t>(bits & 0x7fffU) << 13;  // mantissa at its place in FP32
  // Subnormal: 1.m · 2^-14 − 2^-14 is exact and avoids the slow path of FP32 denormals.
  const float smallest = std::bit_cast<float>(magnitude + 113U * kExponentStep) - 0x1p-14F;
  const std::uint32_t rebiased = magnitude + 112U * kExponentStep;
  const std::uint32_t special = (magnitude | 0x7f800000U) | (magnitude > 0x0f800000U ? 0x00400000U : 0U);
  std::uint32_t result = magnitude < kExponentStep ? std::bit_cast<std::uint32_t>(smallest) : rebiased;
  result = magnitude >= 0x0f800000U ? special : result;
  return std::bit_cast<float>(result | sign);
}

inline std::uint16_t floatToHalf(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  std::uint32_t result = 0;
  if (magnitude > 0x7f800000U) {
    result = 0x7e00U | ((magnitude >> 13) & 0x3ffU);
  } else if (magnitude >= 0x47800000U) {  // 65536 and above
    result = 0x7c00U;
  } else if (magnitude < 0x38800000U) {  // below 2^-14: the sum with 0.5 has an ulp of 2^-24 and rounds for us
    result = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3f000000U;
  } else {
    result = (magnitude - (112U << 23) + 0xfffU + ((magnitude >> 13) & 1U)) >> 13;
  }
  return static_cast<std::uint16_t>(result | sign);
}

inline float bfloat16ToFloat(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

inline std::uint16_t floatToBfloat16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
  const bool isNan = (bits & 0x7fffffffU) > 0x7f800000U;
  return static_cast<std::uint16_t>(isNan ? (bits >> 16) | 0x0040U : rounded);
}

/// The same for whole arrays, with the CPU's own conversion instructions where it has them. The byte versions read
/// little-endian codes at any alignment, as they lie in a mapped file.
/// @pre out.size() × 2 == bytes.size(), or out.size() == in.size()
void halfToFloat(std::span<const std::byte> bytes, std::span<float> out);
void halfToFloat(std::span<const std::uint16_t> in, std::span<float> out);
void floatToHalf(std::span<const float> in, std::span<std::uint16_t> out);
void bfloat16ToFloat(std::span<const std::byte> bytes, std::span<float> out);
void bfloat16ToFloat(std::span<const std::uint16_t> in, std::span<float> out);
void floatToBfloat16(std::span<const float> in, std::span<std::uint16_t> out);

}  // namespace core::numeric
