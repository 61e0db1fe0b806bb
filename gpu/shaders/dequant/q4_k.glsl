// Q4_K: d · sc · q − dmin · m, groups of 32 in super-blocks of 256.
#define QUADS 1
#define HIGHS 0
#define NIBBLES_IN_PLACE
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 1
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/super_block.glsl"
vec4 codes(Unit unit, int m) { return nibblesInPlace(unit.quads[0], m); }
