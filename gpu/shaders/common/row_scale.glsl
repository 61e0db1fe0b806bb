// How a row of activations gets its scale (core/quant/row_scale.h, bit for bit).
#include "common/exact_division.glsl"
const uint kInfinityBits = 0x7F800000u, kNanBits = 0x7FC00000u;
const uint kLeastBits = (127u - 100u) << 23;  // 2^-100: rows below count as zeros
const uint kLargestCodeBits = 0x42FE0000u;    // 127

// Bits of absmax / largest and of largest / absmax, 0 where all codes are 0.
uvec2 rowScale(uint absmax, uint largest) {
  if (absmax >= kInfinityBits) return uvec2(kNanBits, 0u);
  if (absmax < kLeastBits) return uvec2(0u);
  return uvec2(dividedBits(absmax, largest), dividedBits(largest, absmax));
}

// Whether a magnitude is from the threshold on, which is not negative; 0: nothing is. NaN is not, on every device.
bool isOutlier(uint magnitude, uint threshold) {
  return threshold != 0 && magnitude >= threshold && magnitude <= kInfinityBits;
}
