// Q8_0: q · d, signed bytes, one FP16 d per 32 values.
#define QUADS 2
#define HIGHS 0
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/half_scales.glsl"
vec4 codes(Unit unit, int m) {
  const int word = int(m < 4 ? unit.quads[0][m & 3] : unit.quads[1][m & 3]);
  return vec4(bitfieldExtract(word, 0, 8), bitfieldExtract(word, 8, 8), bitfieldExtract(word, 16, 8), word >> 24);
}
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) { return vec3(halfScale(source, g, r), 0.0, 0.0); }
