// Q5_0: (q − 16) · d, one FP16 d per 32 values; the fifth bits are a word of their own.
#define QUADS 1
#define HIGHS 1
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/half_scales.glsl"
vec4 codes(Unit unit, int m) { return nibblesAndBits(unit.quads[0], unit.highs[0], m); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) { return vec3(halfScale(source, g, r), -16.0, 0.0); }
