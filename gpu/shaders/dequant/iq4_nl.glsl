// IQ4_NL: d · level[q], one FP16 d per 32 values.
#define QUADS 1
#define HIGHS 0
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/levels.glsl"
#include "common/half_scales.glsl"
vec4 codes(Unit unit, int m) { return levelsOf(unit.quads[0], m); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) { return vec3(halfScale(source, g, r), 0.0, 0.0); }
