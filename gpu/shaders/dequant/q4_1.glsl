// Q4_1: q · d + m, FP16 d and m per 32 values.
#define QUADS 1
#define HIGHS 0
#define NIBBLES_IN_PLACE
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 1
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/half_scale_minimum.glsl"
vec4 codes(Unit unit, int m) { return nibblesInPlace(unit.quads[0], m); }
