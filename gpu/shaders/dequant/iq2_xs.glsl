// IQ2_XS: d · (½ + s) / 4 · points of eight values. Highs: lower bytes of four indices; signs, and the ninth index bits in
// the others' place. Params: [super-block][2][32 rows] 4-bit s per 16 values; FP16 d in pairs: [super-block / 2][32 rows].
#define QUADS 0
#define HIGHS 2
#define BYTES_IN_PLACE
#define GROUPS_PER_UNIT 2
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#define TABLE_WORDS kIq2XsWords
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/lattice.glsl"
vec4 codes(Unit unit, int m) {
  const int l = m >> 1;
  const uint point = bitfieldExtract(unit.highs[0], 8 * l, 8) | bitfieldExtract(unit.highs[1], 25 + 2 * l, 1) << 8;
  return signedFourOfPoint(point, allSigns(unit.highs[1]), m);
}
uint paramWords(uint units, uint groups) { return iq2xsParamWords(units); }
vec3 params(ParamSource source, Unit unit, uint u, int f, Row r) {
  const uint block = u >> 3, blocks = source.groups >> 4;
  const uint scales = loadRowWord(source.words + (block * 2 + ((u >> 2) & 1)) * kTileRows, r);
  const float d = halfOf(source.words + blocks * 2 * kTileRows, block, r);
  return vec3(d * (0.5 + float(bitfieldExtract(scales, 8 * int(u & 3) + 4 * f, 4))) * 0.25, kZeroOfBytes, 0.0);
}
