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
float code(Unit unit, int i) { return nibbleInPlace(unit.quads[0][i >> 3], i & 7); }
vec3 params(ParamSource source, uint g, uint r) { return vec3(halfScale(source, g, r), -8.0, 0.0); }
