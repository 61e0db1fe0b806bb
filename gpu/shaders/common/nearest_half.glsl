// FP16 to nearest even with its subnormals. By integers, as GLSL leaves the rounding of packHalf2x16 to the device, and
// whether there are subnormals.
// @param magnitude bits of a float32 without its sign, no NaN  @return bits of a float32
uvec4 nearestHalfBits(uvec4 magnitude) {
  uvec4 result = (magnitude + 0xFFFu + ((magnitude >> 13) & 1u)) & 0xFFFFE000u;
  result = mix(result, uvec4(0x7F800000u), greaterThanEqual(result, uvec4(0x47800000u)));  // 65536
  const vec4 multiples = roundEven(uintBitsToFloat(magnitude) * 16777216.0);  // below 2^−14: of 2^−24
  return mix(result, floatBitsToUint(multiples * (1.0 / 16777216.0)), lessThan(magnitude, uvec4(0x38800000u)));
}
// NaN stays NaN.
float nearestHalf(float value) {
  const uint bits = floatBitsToUint(value), magnitude = bits & 0x7FFFFFFFu;
  const uint result = magnitude > 0x7F800000u ? magnitude : nearestHalfBits(uvec4(magnitude)).x;
  return uintBitsToFloat(result | (bits & 0x80000000u));
}
// The bits that packHalf2x16 should give.
uint halfBits(float value) {
  const uint bits = floatBitsToUint(value), magnitude = bits & 0x7FFFFFFFu, sign = (bits >> 16) & 0x8000u;
  if (magnitude > 0x7F800000u) return sign | 0x7E00u;
  const uint nearest = nearestHalfBits(uvec4(magnitude)).x;
  if (nearest >= 0x7F800000u) return sign | 0x7C00u;
  if (nearest >= 0x38800000u) return sign | ((nearest - 0x38000000u) >> 13);
  return sign | uint(uintBitsToFloat(nearest) * 16777216.0);  // 2^−24 is the smallest
}
