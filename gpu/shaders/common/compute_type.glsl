// The type that a product's arithmetic runs in (core/quant/compute_type.h): weights, inputs and results are rounded to it,
// to nearest even; sums are FP32.
#include "common/nearest_half.glsl"
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
