// The type that a product's arithmetic runs in (core/quant/compute_type.h): weights, inputs and results are rounded to it,
// to nearest even; sums are FP32. By integers, as GLSL leaves the rounding of packHalf2x16 to the device.
uvec4 nearestHalfBits(uvec4 magnitude) {
  uvec4 result = (magnitude + 0xFFFu + ((magnitude >> 13) & 1u)) & 0xFFFFE000u;
  result = mix(result, uvec4(0x7F800000u), greaterThanEqual(result, uvec4(0x47800000u)));  // 65536
  const vec4 multiples = roundEven(uintBitsToFloat(magnitude) * 16777216.0);  // below 2^−14: of 2^−24
  return mix(result, floatBitsToUint(multiples * (1.0 / 16777216.0)), lessThan(magnitude, uvec4(0x38800000u)));
}
vec4 rounded(vec4 values) {
  if (computeType == kComputeFp32) return values;
  const uvec4 bits = floatBitsToUint(values), magnitude = bits & 0x7FFFFFFFu;
  uvec4 result;
  result = computeType == kComputeBf16 ? (magnitude + 0x7FFFu + ((magnitude >> 16) & 1u)) & 0xFFFF0000u
                                       : nearestHalfBits(magnitude);
  result = mix(result, magnitude, greaterThan(magnitude, uvec4(0x7F800000u)));  // NaN stays NaN
  return uintBitsToFloat(result | (bits & 0x80000000u));
}
float rounded(float value) { return rounded(vec4(value)).x; }
// The nearest FP16, whatever products run in; NaN stays NaN.
float nearestHalf(float value) {
  const uint bits = floatBitsToUint(value), magnitude = bits & 0x7FFFFFFFu;
  const uint result = magnitude > 0x7F800000u ? magnitude : nearestHalfBits(uvec4(magnitude)).x;
  return uintBitsToFloat(result | (bits & 0x80000000u));
}
