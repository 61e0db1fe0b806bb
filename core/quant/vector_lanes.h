#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/multiversion.h"

namespace core::quant {

/// Eight numbers side by side (GCC and clang vector types): one instruction with AVX2, two with SSE2. Each lane is
/// computed in the order in which scalar code would, so results do not depend on the CPU.
constexpr std::size_t kVectorLanes = 8;
using FloatLanes = float __attribute__((vector_size(kVectorLanes * sizeof(float))));
using IntLanes = std::int32_t __attribute__((vector_size(kVectorLanes * sizeof(std::int32_t))));
using ShortLanes = std::uint16_t __attribute__((vector_size(kVectorLanes * sizeof(std::uint16_t))));

/// out[lane] = table[index[lane] mod 8].
QS_FORCE_INLINE void lookUp(const FloatLanes& table, const IntLanes& index, FloatLanes& out) {
#ifdef __clang__
  for (std::size_t lane = 0; lane < kVectorLanes; ++lane) out[lane] = table[index[lane] & 7];
#else
  out = __builtin_shuffle(table, index);
#endif
}

/// Eight 16-bit codes from memory of any alignment.
QS_FORCE_INLINE void loadCodes(const std::uint16_t* codes, IntLanes& out) {
  ShortLanes shorts;
  std::memcpy(&shorts, codes, sizeof(shorts));
  out = __builtin_convertvector(shorts, IntLanes);
}

/// The integer nearest to x in 0…limit, ties to even; 0 for NaN.
QS_FORCE_INLINE void nearestIntegers(const FloatLanes& x, float limit, IntLanes& out) {
  const FloatLanes zero = {};
  const FloatLanes most = zero + limit;
  const FloatLanes positive = x > zero ? x : zero;
  const FloatLanes shifted = (positive < most ? positive : most) + 0x1p23F;
  std::memcpy(&out, &shifted, sizeof(out));
  out &= 0xff;
}

}  // namespace core::quant
