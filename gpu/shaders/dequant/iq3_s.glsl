// IQ3_S: d · (1 + 2s) · points of four values. Highs: lower bytes of eight indices; signs. Extra half: ninth bits of the
// indices, 4-bit s. Params: the extra halves, then FP16 d in pairs: [super-block / 2][32 rows].
#define QUADS 0
#define HIGHS 3
#define BYTES_IN_PLACE
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#define TABLE_WORDS kIq3SWords
#define ZERO kIq3SZero
#define EXTRA_HALF
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/lattice.glsl"
vec4 codes(Unit unit, int m) {
  const uint point = bitfieldExtract(unit.highs[m >> 2], 8 * (m & 3), 8) | bitfieldExtract(unit.extra, m, 1) << 8;
  return signedFour(tableWord(point), unit.highs[2], m);
}
uint paramWords(uint units, uint groups) { return extraAndHalfWords(units); }
vec3 params(ParamSource source, Unit unit, uint g, int f, uint r) {
  const float d = halfOf(source.words + halfPairWords(source.groups), g >> 3, r);
  return vec3(d * float(1 + 2 * int(bitfieldExtract(unit.extra, 8, 4))), -float(ZERO), 0.0);
}
