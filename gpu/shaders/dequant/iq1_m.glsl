// IQ1_M: d · (2s + 1) · (k − 1 ± ⅛), points of eight 2-bit k. Highs: lower bytes of four indices. Extra half: for each its
// upper three bits and the sign of its ⅛. Params: the extra halves, then [super-block][2][32 rows]: four half words, each
// with 3-bit s of four times 16 values and on top a quarter of FP16 d.
#define QUADS 0
#define HIGHS 1
#define PAIRS_IN_PLACE
#define GROUPS_PER_UNIT 4
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
  const uint point = bitfieldExtract(unit.highs[0], 8 * l, 8) | bitfieldExtract(unit.extra, 4 * l, 3) << 8;
  return pairsInPlace(tableWord(point >> 1) >> (16 * (point & 1)), 0, m & 1);
}
uint paramWords(uint units, uint groups) { return iq1mParamWords(units); }
vec3 params(ParamSource source, Unit unit, uint u, int f, Row r) {
  const uint words = source.words + halfPairWords(source.groups >> 2) + (u >> 3) * 2 * kTileRows;
  const uint first = loadRowWord(words, r), second = loadRowWord(words + kTileRows, r);
  const uint d = bitfieldExtract(first, 12, 4) | (first >> 28) << 4 | bitfieldExtract(second, 12, 4) << 8 | (second >> 28) << 12;
  const int at = 16 * int((u >> 1) & 1) + 6 * int(u & 1) + 3 * (f >> 1);
  const uint scale = bitfieldExtract((u & 4) == 0 ? first : second, at, 3);
  const float zero = bitfieldExtract(unit.extra, 4 * f + 3, 1) != 0 ? -1.125 : -0.875;
  return vec3(unpackHalf2x16(d).x * float(1 + 2 * int(scale)), zero, 0.0);
}
