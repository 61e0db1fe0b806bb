#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace gpu::vk {

/// What VK_KHR_shader_float_controls lets a kernel ask of its arithmetic; false: the device does as it likes.
struct FloatModes {
  bool preservesSubnormals32 = false;  ///< FP32 operands and results below 2^−126 are not taken for zero
  bool preservesSubnormals16 = false;  ///< nor FP16 below 2^−14 where halves are unpacked
  bool roundsToNearest32 = false;      ///< ties to even
  bool preservesNonFinite32 = false;   ///< signed zeros, infinities and NaN: x · 0 is not 0 whatever x is

  bool any() const {
    return preservesSubnormals32 || preservesSubnormals16 || roundsToNearest32 || preservesNonFinite32;
  }
  bool operator==(const FloatModes&) const = default;
};

/// Of what a device offers, what a kernel's results depend on. Subnormals matter where weights are decoded (FP32 and
/// BF16 values, scales, MXFP4's two smallest among them) and where cached halves are read; elsewhere they would only
/// cost time. Rounding and non-finite values matter everywhere.
/// @param shader name in the shader table
FloatModes modesOf(std::string_view shader, const FloatModes& offered);

/// A module whose entry point asks for these modes: capabilities, the extension's name and execution modes are added to
/// the words of SPIR-V. Words that are no SPIR-V, or ask already, are given back as they are.
std::vector<std::uint32_t> withFloatModes(std::span<const std::uint32_t> words, const FloatModes& modes);

}  // namespace gpu::vk
