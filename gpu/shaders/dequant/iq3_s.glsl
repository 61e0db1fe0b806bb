// IQ3_S: d · (1 + 2s) · ±(2k + 1), points of four 3-bit k. Highs: lower bytes of eight indices; signs. Extra half: ninth
// bits of the indices, 4-bit s. Params: the extra halves, then FP16 d in pairs: [super-block / 2][32 rows].
#define QUADS 0
#define HIGHS 3
#define BYTES_IN_PLACE
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#define TABLE_WORDS kIq3SWords
#define EXTRA_HALF
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/lattice.glsl"
vec4 codes(Unit unit, int m) {
  const uint point = bitfieldExtract(unit.highs[m >> 2], 8 * (m & 3), 8) | ((unit.extra << (8 - m)) & 256u);
  // Bytes of 8 + k, or inverted of 7 − k: twice that less 15 is the value.
  const uint four = tableWord(point) ^ (((unit.highs[2] >> m) & 0x01010101u) * 15u);
  return vec4(ivec4(four & 0xFFu, four & 0xFF00u, four & 0xFF0000u, four & 0xFF000000u));
}
uint paramWords(uint units, uint groups) { return extraAndHalfWords(units); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) {
  const float d = halfOf(source.words + halfPairWords(source.groups), g >> 3, r);
  return vec3(d * float(2 + 4 * int(bitfieldExtract(unit.extra, 8, 4))), -7.5, 0.0);
}
