// Q6_K: d · sc · (q − 32), groups of 16 in super-blocks of 256; the upper two bits are two words of their own.
// Params: [super-block][4][32 rows] words of 16 signed bytes, then FP16 d in pairs: [super-block / 2][32 rows].
#define QUADS 1
#define HIGHS 2
#define GROUPS_PER_UNIT 2
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
vec4 codes(Unit unit, int m) { return nibblesAndPairs(unit.quads[0], unit.highs[0], unit.highs[1], m); }
uint paramWords(uint units, uint groups) { return q6kParamWords(units); }
vec3 params(ParamSource source, Unit unit, uint u, int f, Row r) {
  const uint block = u >> 3;
  const uint blocks = source.groups >> 4;
  const int scales = int(loadRowWord(source.words + (block * 4 + ((u >> 1) & 3)) * kTileRows, r));
  const float d = halfOf(source.words + blocks * 4 * kTileRows, block, r);
  return vec3(d * float(bitfieldExtract(scales, 8 * (2 * int(u & 1) + f), 8)), -32.0, 0.0);
}
