// IQ1_S: d · (2s + 1) · (k − 1 ± ⅛), points of eight 2-bit k. Highs: lower bytes of four indices. Extra half: upper three
// bits of each, 3-bit s, sign of the ⅛. Params: the extra halves, then FP16 d in pairs: [super-block / 2][32 rows].
#define QUADS 0
#define HIGHS 1
#define PAIRS_IN_PLACE
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#define TABLE_WORDS kIq1Words
#define EXTRA_HALF
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/lattice.glsl"
vec4 codes(Unit unit, int m) {
  const int l = m >> 1;
  const uint point = bitfieldExtract(unit.highs[0], 8 * l, 8) | bitfieldExtract(unit.extra, 3 * l, 3) << 8;
  return pairsInPlace(tableWord(point >> 1) >> (16 * (point & 1)), 0, m & 1);
}
uint paramWords(uint units, uint groups) { return extraAndHalfWords(units); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) {
  const float d = halfOf(source.words + halfPairWords(source.groups), g >> 3, r);
  const float zero = (unit.extra & 0x8000u) != 0 ? -1.125 : -0.875;
  return vec3(d * float(1 + 2 * int(bitfieldExtract(unit.extra, 12, 3))), zero, 0.0);
}
