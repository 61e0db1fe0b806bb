#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/multiversion.h"

namespace core::quant {

/// The pieces of which bitsandbytes.h is made.

/// Where the NF4 code changes: a value above the n-th of these has at least code n + 1.
constexpr std::array<float, 15> kNf4Thresholds = {
    -0.8480964004993439F,  -0.6106329262256622F,   -0.4599952697753906F, -0.33967943489551544F, -0.23460740596055984F,
    -0.13791173315048218F, -0.045525018125772476F, 0.03979014977812767F, 0.1202552504837513F,   0.2035212516784668F,
    0.2920137718319893F,   0.3893125355243683F,    0.5016634166240692F,  0.6427869200706482F,   0.8614784181118011F};

/// The same for the magnitude of FP4, and the 3-bit pattern of each rank.
constexpr std::array<float, 7> kFp4Thresholds = {0.00260417F, 0.0859375F, 0.20833333F, 0.29166667F,
                                                 0.4166667F,  0.583333F,  0.8333333F};
constexpr std::array<std::uint8_t, 8> kFp4Patterns = {0, 1, 6, 7, 4, 5, 2, 3};

/// The code of x / absmax. NaN (a block of zeros) compares false everywhere and gives code 0, as in the original.
QS_FORCE_INLINE std::int32_t nf4Code(float x) {
  std::int32_t code = 0;
  for (const float threshold : kNf4Thresholds) code += x > threshold ? 1 : 0;
  return code;
}

/// The rank of the magnitude among the levels, plus 8 for negative values.
QS_FORCE_INLINE std::int32_t fp4Rank(float x) {
  const float magnitude = x < 0.0F ? -x : x;
  std::int32_t rank = x < 0.0F ? 8 : 0;
  for (const float threshold : kFp4Thresholds) rank += magnitude > threshold ? 1 : 0;
  return rank;
}
QS_FORCE_INLINE std::uint8_t fp4CodeOfRank(std::uint8_t rank) {
  return static_cast<std::uint8_t>((rank & 8U) | kFp4Patterns[rank & 7U]);
}

/// 4-bit codes two to a byte, the first in the high half. @param count even
void packHighFirst(const std::uint8_t* codes, std::size_t count, std::uint8_t* packed);

/// dynamic8: the code of the nearest level of the map, the lower one in a tie. Also of nested absmax values.
std::uint8_t nearestDynamicCode(float value);
/// What dynamic8 looks up: x / absmax, 0 in a block of zeros.
QS_FORCE_INLINE float dynamicInUnits(float absmax, float value) { return absmax == 0.0F ? 0.0F : value / absmax; }

/// An absmax as its 8-bit code sees it: less the mean of all, in units of the largest difference of its 256.
QS_FORCE_INLINE float nestedInUnits(float absmax, float offset, float largest) {
  return largest == 0.0F ? 0.0F : (absmax - offset) / largest;
}

}  // namespace core::quant
