// Integer codes of a unit, stored in planes: 4-bit codes and wider in quads, lower bits of narrow codes in highs.

#ifdef NIBBLES_IN_PLACE
// A nibble is used where it lies in its half word, 16^(i % 4) times too large; the input is divided instead.
const vec4 kInputScale = vec4(1.0, 1.0 / 16.0, 1.0 / 256.0, 1.0 / 4096.0);
float nibbleInPlace(uint word, int n) {
  return float(int((n < 4 ? word : word >> 16) & (15u << (4 * (n & 3)))));
}
#else
const vec4 kInputScale = vec4(1.0);
#endif

#include "common/bytes.glsl"
uint nibbleOf(uvec4 quad, int i) { return bitfieldExtract(quad[i >> 3], 4 * (i & 7), 4); }
uint pairOf(uint low, uint high, int i) { return bitfieldExtract(i < 16 ? low : high, 2 * (i & 15), 2); }
uint bitOf(uint word, int i) { return bitfieldExtract(word, i, 1); }
