// Q5_1: q · d + m, FP16 d and m per 32 values; the fifth bits are a word of their own.
#define QUADS 1
#define HIGHS 1
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 1
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/half_scale_minimum.glsl"
vec4 codes(Unit unit, int m) { return nibblesAndBits(unit.quads[0], unit.highs[0], m); }
