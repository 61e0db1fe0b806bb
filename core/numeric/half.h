#pragma once
#include <cstdint>

namespace core::numeric {

/// FP16 and BF16 ↔ FP32, the hot paths of every reader. Decoding is exact; encoding rounds to nearest even.
/// Any NaN stays a NaN. Source: IEEE 754-2019 binary16; BF16 is the upper half of binary32.
float halfToFloat(std::uint16_t bits);
std::uint16_t floatToHalf(float value);
float bfloat16ToFloat(std::uint16_t bits);
std::uint16_t floatToBfloat16(float value);

}  // namespace core::numeric
