#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace core::quant {

/// What a scale is stored as. In memory it is the float32 it decodes to.
enum class ScaleType : std::uint8_t {
  Fp32,
  Fp16,
  Bf16,
  UInt8,  ///< 8-bit second level: k/255 of the largest of 256 neighbouring scales, which is stored as FP32
  E8M0,   ///< a power of two (OCP microscaling)
  E4M3    ///< FP8 E4M3 under one FP32 scale of the tensor (NVFP4)
};

/// Scales that share the maximum of the second level.
constexpr std::uint32_t kScalesPerMaximum = 256;

/// "fp32", "fp16", "bf16", "uint8", "e8m0", "e4m3"
std::string_view toString(ScaleType type);
/// Bytes that `count` scales take, with their second level.
std::uint64_t scaleBytes(ScaleType type, std::uint64_t count);

/// A scale as it will be stored, before codes are chosen by it (Fp32, Fp16, Bf16). FP16 scales stay useful at the ends
/// of their range: below the smallest normal (2^−14) they round up to the next multiple of 2^−24, so that the extreme
/// value is not clipped, and beyond 65504 they are 65504. BF16 rounds to nearest even, and never to Inf.
/// @param scale finite, ≥ 0
float storedScale(ScaleType type, float scale);

/// The 8-bit code 0…255 of a scale under a second level: the smallest k with k/255 · largest ≥ scale.
/// @param largest of the scales that share it, > 0
float secondLevelCode(float scale, float largest);
/// What it decodes to.
float secondLevelScale(float code, float largest);

/// Replaces scales by what their 8-bit second level decodes to: the smallest k/255 of the largest of each 256 that is
/// not below the scale, so that no extreme value is clipped. @param scales finite, ≥ 0
void storeSecondLevel(std::span<float> scales);

}  // namespace core::quant
