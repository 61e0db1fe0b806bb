// IQ2_XXS: d · (½ + s) / 4 · points of eight values. Highs: four indices of a byte; signs, and 4-bit s in the others' place.
// Params: FP16 d in pairs: [super-block / 2][32 rows].
#define QUADS 0
#define HIGHS 2
#define BYTES_IN_PLACE
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#define TABLE_WORDS kIq2XxsWords
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/lattice.glsl"
vec4 codes(Unit unit, int m) {
  const uint point = bitfieldExtract(unit.highs[0], 8 * (m >> 1), 8);
  return signedFourOfPoint(point, allSigns(unit.highs[1]), m);
}
uint paramWords(uint units, uint groups) { return iq2xxsParamWords(units); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) {
  const float d = halfOf(source.words, g >> 3, r);
  return vec3(d * (0.5 + float(otherBits(unit.highs[1]))) * 0.25, kZeroOfBytes, 0.0);
}
