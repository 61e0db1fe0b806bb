// Floats of EXPONENT_BITS and FRACTION_BITS, 8 or 6 in all, under a scale where SCALED is defined. Placed into an FP16 a code
// is its value times a power of two, subnormal numbers included.
#ifdef SCALED
#include "common/specialization.h"
QS_INTEGER_LAYOUT(QS_SPECIALIZE)
#define GROUPS_PER_UNIT groupsPerUnit
#define HAS_SCALE 1
#else
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 0
#endif
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#define BITS (1 + EXPONENT_BITS + FRACTION_BITS)
#define FRACTION_SHIFT (10 - FRACTION_BITS)
#include "common/planes.glsl"
const vec4 kInputScale = vec4(float(1 << (16 - (1 << (EXPONENT_BITS - 1)))));  // 2^(15 − bias)
#include "common/unit.glsl"
// Two pairs of FP16: values 0 and 2, values 1 and 3.
vec4 ofHalves(uint even, uint odd) {
  const vec2 a = unpackHalf2x16(even), b = unpackHalf2x16(odd);
  return vec4(a.x, b.x, a.y, b.y);
}
vec4 codes(Unit unit, int m) {
#if BITS == 8
  const uint word = m < 4 ? unit.quads[0][m & 3] : unit.quads[1][m & 3];
#if EXPONENT_BITS == 5
  return ofHalves((word << 8) & 0xFF00FF00u, word & 0xFF00FF00u);  // E5M2 is the upper byte of an FP16
#else
  // E4M3 has no infinity: all ones are NaN, to which the sum carries.
  const uint even = (word & 0x007F007Fu) << 7, odd = (word >> 1) & 0x3F803F80u;
  return ofHalves(even | ((even + 0x00800080u) & 0x40004000u) | (word & 0x00800080u) << 8,
                  odd | ((odd + 0x00800080u) & 0x40004000u) | (word & 0x80008000u));
#endif
#else
  // Nibbles hold the lower magnitude, pairs its upper bit and the sign. Spread: values 0 and 1 below, 2 and 3 above.
  const uint four = bitfieldExtract(unit.quads[0][m >> 1], 16 * (m & 1), 16);
  const uint nibbles = (four | four << 8) & 0x00FF00FFu;
  const uint eight = bitfieldExtract(unit.highs[m >> 2], 8 * (m & 3), 8);
  const uint pairs = (eight | eight << 12) & 0x000F000Fu;
  return ofHalves((nibbles & 0x000F000Fu) << FRACTION_SHIFT | (pairs & 0x00010001u) << (FRACTION_SHIFT + 4) |
                      (pairs & 0x00020002u) << 14,
                  (nibbles & 0x00F000F0u) << (FRACTION_SHIFT - 4) | (pairs & 0x00040004u) << (FRACTION_SHIFT + 2) |
                      (pairs & 0x00080008u) << 12);
#endif
}
#ifdef SCALED
#include "common/scales.glsl"
#else
uint paramWords(uint units, uint groups) { return 0; }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) { return vec3(1.0, 0.0, 0.0); }
#endif
