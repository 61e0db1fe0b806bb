// IQ2_S: d · (½ + s) / 4 · points of eight values. Highs: lower bytes of four indices; signs. Extra half: upper two bits of
// the indices, 4-bit s of each 16 values. Params: the extra halves, then FP16 d in pairs: [super-block / 2][32 rows].
#define QUADS 0
#define HIGHS 2
#define BYTES_IN_PLACE
#define GROUPS_PER_UNIT 2
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#define TABLE_WORDS kIq2SWords
#define EXTRA_HALF
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/lattice.glsl"
vec4 codes(Unit unit, int m) {
  const int l = m >> 1;
  const uint point = bitfieldExtract(unit.highs[0], 8 * l, 8) | bitfieldExtract(unit.extra, 2 * l, 2) << 8;
  return signedFourOfPoint(point, unit.highs[1], m);
}
uint paramWords(uint units, uint groups) { return extraAndHalfWords(units); }
vec3 params(ParamSource source, Unit unit, uint u, int f, Row r) {
  const float d = halfOf(source.words + halfPairWords(source.groups >> 1), u >> 3, r);
  return vec3(d * (0.5 + float(bitfieldExtract(unit.extra, 8 + 4 * f, 4))) * 0.25, kZeroOfBytes, 0.0);
}
