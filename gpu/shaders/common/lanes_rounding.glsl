// Weights rounded as by rounded() in a third of its steps, times a power of two that the inputs of a sum and the sum make
// up for. It leans on the last place of FP32 sums, which `precise` keeps compilers from simplifying. From 2^115 on FP16,
// and infinite BF16 may become NaN, and BF16 below 2^-103 zero.
vec4 roundedWeight(vec4 w) {
  if (computeType == kComputeBf16) {
    // w + w / 2^16 has as its last place that of w: above w it is whole multiples of it, w in 8 bits times 2^-16.
    precise vec4 above = w * (1.0 + 1.0 / 65536.0);
    precise vec4 result = above - w;
    return result;
  }
  // One and a half times the power of two 13 above that of w: a sum with it has FP16's last place, that of 2^-14 for
  // subnormal numbers. In the end 65536 becomes infinite.
  const uvec4 power = max(floatBitsToUint(w) & 0x7F800000u, uvec4(0x38800000u));
  const vec4 large = uintBitsToFloat(power + 0x06C00000u);
  precise vec4 sum = w + large;
  precise vec4 result = sum - large;
  return result * 5.192296858534828e33;  // 2^112
}
const float kRoundedInput = computeType == kComputeBf16 ? 65536.0 : 1.9721522630525295e-31;  // 2^-102
const float kRoundedSum = computeType == kComputeBf16 ? 1.0 : 1.0 / 1024.0;

// As decoded(), but that scales below 2^-102 may be lost.
// @param zero, scale of their group, divided and multiplied by kInputScale
vec4 decodedForRounding(Unit unit, int m, vec4 zero, vec4 scale, float minimum, float factor) {
  precise vec4 value = codes(unit, m);
#if HAS_ZERO
  value = value + zero;
#endif
#if HAS_SCALE
  value = value * scale;
#else
  value = value * kInputScale;
#endif
#if HAS_MINIMUM
  value = value + minimum;
#endif
  if (hasFactors == 1) value = value * factor;
  return value;
}
