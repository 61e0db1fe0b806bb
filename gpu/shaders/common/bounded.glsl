// Limits that let NaN through: clamp and min may take it for one of them.
vec4 bounded(vec4 x, float low, float high) {
  const uvec4 magnitude = floatBitsToUint(x) & 0x7FFFFFFFu;
  return mix(clamp(x, vec4(low), vec4(high)), x, greaterThan(magnitude, uvec4(0x7F800000u)));
}

// tanh of a large number is infinity divided by infinity on some devices: beyond 15 it is 1 in float32.
vec4 tanhOf(vec4 x) { return tanh(bounded(x, -15.0, 15.0)); }
float tanhOf(float x) { return tanhOf(vec4(x)).x; }

vec4 gelu(vec4 x) { return 0.5 * x * (1.0 + tanhOf(0.7978845608 * x * (1.0 + 0.044715 * x * x))); }
float gelu(float x) { return gelu(vec4(x)).x; }
