// Q3_K: d · (sc − 32) · (q − 4), groups of 16 in super-blocks of 256.
// Params: [super-block][3][32 rows]: low nibbles of the sc of groups 0 … 7, of 8 … 15, and all upper two bits; then
// FP16 d in pairs: [super-block / 2][32 rows].
#define QUADS 0
#define HIGHS 3
#define TRIPLES_IN_PLACE
#define GROUPS_PER_UNIT 2
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
vec4 codes(Unit unit, int m) { return triplesInPlace(uvec3(unit.highs[0], unit.highs[1], unit.highs[2]), m); }
uint paramWords(uint units, uint groups) { return q3kParamWords(units); }
vec3 params(ParamSource source, Unit unit, uint u, int f, Row r) {
  const uint block = u >> 3, blocks = source.groups >> 4;
  const uint words = source.words + block * 3 * kTileRows;
  const uint nibbles = loadRowWord(words + ((u >> 2) & 1) * kTileRows, r);
  const uint pairs = loadRowWord(words + 2 * kTileRows, r);
  const uint scale = bitfieldExtract(nibbles, 8 * int(u & 3) + 4 * f, 4) |
                     bitfieldExtract(pairs, 4 * int(u & 7) + 2 * f, 2) << 4;
  const float d = halfOf(source.words + blocks * 3 * kTileRows, block, r);
  return vec3(d * float(int(scale) - 32), -4.0, 0.0);
}
