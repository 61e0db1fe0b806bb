// Q2_K: d · sc · q − dmin · m, groups of 16 in super-blocks of 256.
// Params: [super-block][4][32 rows] words of 16 bytes in all (sc in the low nibble, m in the high one), then FP16 d and dmin:
// [super-block][32 rows].
#define QUADS 0
#define HIGHS 2
#define PAIRS_IN_PLACE
#define GROUPS_PER_UNIT 2
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 1
#include "common/codes.glsl"
#include "common/unit.glsl"
vec4 codes(Unit unit, int m) { return pairsInPlace(unit.highs[0], unit.highs[1], m); }
uint paramWords(uint units, uint groups) { return q2kParamWords(units); }
vec3 params(ParamSource source, Unit unit, uint u, int f, Row r) {
  const uint block = u >> 3, blocks = source.groups >> 4;
  const uint scales = loadRowWord(source.words + (block * 4 + ((u >> 1) & 3)) * kTileRows, r);
  const vec2 d = unpackHalf2x16(loadRowWord(source.words + (blocks * 4 + block) * kTileRows, r));
  const int at = 16 * int(u & 1) + 8 * f;
  return vec3(d.x * float(bitfieldExtract(scales, at, 4)), 0.0, -(d.y * float(bitfieldExtract(scales, at + 4, 4))));
}
