// The type that a product's arithmetic runs in (core/quant/compute_type.h): weights, inputs and results are rounded to it,
// to nearest even; sums are FP32. By integers, as GLSL leaves the rounding of packHalf2x16 to the device.
vec4 rounded(vec4 values) {
  if (computeType == kComputeFp32) return values;
  const uvec4 bits = floatBitsToUint(values), magnitude = bits & 0x7FFFFFFFu;
  uvec4 result;
  if (computeType == kComputeBf16) {
    result = (magnitude + 0x7FFFu + ((magnitude >> 16) & 1u)) & 0xFFFF0000u;
  } else {
    result = (magnitude + 0xFFFu + ((magnitude >> 13) & 1u)) & 0xFFFFE000u;
    result = mix(result, uvec4(0x7F800000u), greaterThanEqual(result, uvec4(0x47800000u)));  // 65536
    const vec4 multiples = roundEven(uintBitsToFloat(magnitude) * 16777216.0);  // below 2^−14: of 2^−24
    result = mix(result, floatBitsToUint(multiples * (1.0 / 16777216.0)),
                 lessThan(magnitude, uvec4(0x38800000u)));
  }
  result = mix(result, magnitude, greaterThan(magnitude, uvec4(0x7F800000u)));  // NaN stays NaN
  return uintBitsToFloat(result | (bits & 0x80000000u));
}
float rounded(float value) { return rounded(vec4(value)).x; }
