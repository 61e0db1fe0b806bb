// IQ3_XXS: d · (½ + s) / 2 · points of four values. Highs: eight indices of a byte; signs, and 4-bit s in the others' place.
// Params: FP16 d in pairs: [super-block / 2][32 rows].
#define QUADS 0
#define HIGHS 3
#define BYTES_IN_PLACE
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#define TABLE_WORDS kIq3XxsWords
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/lattice.glsl"
vec4 codes(Unit unit, int m) {
  const uint point = bitfieldExtract(unit.highs[m >> 2], 8 * (m & 3), 8);
  return signedFour(tableWord(point), allSigns(unit.highs[2]), m);
}
uint paramWords(uint units, uint groups) { return iq2xxsParamWords(units); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) {
  const float d = halfOf(source.words, g >> 3, r);
  return vec3(d * (0.5 + float(otherBits(unit.highs[2]))) * 0.5, kZeroOfBytes, 0.0);
}
