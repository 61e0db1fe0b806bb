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

// x · Φ(x) = max(x, 0) − |x| · Φ(−|x|), and Φ(−√2 z) = erfc(z) / 2 = t / 2 · e^(P(t) − z²) with t = 1 / (1 + z / 2): a form that is
// as exact in the tail. P was fitted to ln(erfc(z) · e^(z²) / t) at Chebyshev's nodes; the error is at most 1e-7, and 2e-6 of the value
// down to x = −5. Beyond 20 the second part is 0.
vec4 geluErf(vec4 x) {
  const vec4 size = bounded(abs(x), 0.0, 20.0), z = 0.70710678 * size, t = 1.0 / (1.0 + 0.5 * z);
  vec4 p = vec4(0.111900537);
  p = p * t - 0.719841613;
  p = p * t + 1.82143735;
  p = p * t - 2.1850264;
  p = p * t + 1.13550513;
  p = p * t - 0.358490402;
  p = p * t + 0.470946474;
  p = p * t + 0.988496907;
  p = p * t - 1.26492806;
  return max(x, vec4(0.0)) - 0.5 * size * t * exp(p - z * z);
}
