// Q4_0: (q − 8) · d, one FP16 d per 32 values.
#define QUADS 1
#define HIGHS 0
#define NIBBLES_IN_PLACE
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/half_scales.glsl"
vec4 codes(Unit unit, int m) { return nibblesInPlace(unit.quads[0], m); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) { return vec3(halfScale(source, g, r), -8.0, 0.0); }
