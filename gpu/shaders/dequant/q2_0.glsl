// Q2_0 and the ternary types, which lie as 2-bit codes: (q − 1) · d, one FP16 d per 64 or 256 values.
#define QUADS 0
#define HIGHS 2
#define PAIRS_IN_PLACE
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/half_scales.glsl"
vec4 codes(Unit unit, int m) { return pairsInPlace(unit.highs[0], unit.highs[1], m); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) { return vec3(halfScale(source, g, r), -1.0, 0.0); }
