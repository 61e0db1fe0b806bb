// Q1_0: d where the bit is set, else −d, one FP16 d per 128 values. The code is twice the bit.
#define QUADS 0
#define HIGHS 1
#define BITS_IN_PLACE
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/half_scales.glsl"
vec4 codes(Unit unit, int m) {
  const uint word = unit.highs[0] >> (4 * m);
  return vec4(ivec4(word & 1u, word & 2u, word & 4u, word & 8u));
}
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) { return vec3(halfScale(source, g, r), -1.0, 0.0); }
