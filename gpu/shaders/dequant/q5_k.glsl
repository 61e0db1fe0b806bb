// Q5_K: d · sc · q − dmin · m, groups of 32 in super-blocks of 256; the fifth bits are a word of their own.
#define QUADS 1
#define HIGHS 1
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 1
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/super_block.glsl"
vec4 codes(Unit unit, int m) { return nibblesAndBits(unit.quads[0], unit.highs[0], m); }
