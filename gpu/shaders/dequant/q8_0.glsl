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
float code(Unit unit, int i) {
  const int word = int(i < 16 ? unit.quads[0][(i >> 2) & 3] : unit.quads[1][(i >> 2) & 3]);
  return float(bitfieldExtract(word, 8 * (i & 3), 8));
}
vec3 params(ParamSource source, uint g, uint r) { return vec3(halfScale(source, g, r), 0.0, 0.0); }
