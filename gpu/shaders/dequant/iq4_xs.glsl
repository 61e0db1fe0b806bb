// IQ4_XS: d · (sc − 32) · level[q], groups of 32 in super-blocks of 256.
// Params: [super-block][2][32 rows]: low nibbles of the eight sc; FP16 d and above it their upper two bits.
#define QUADS 1
#define HIGHS 0
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/levels.glsl"
vec4 codes(Unit unit, int m) { return levelsOf(unit.quads[0], m); }
uint paramWords(uint units, uint groups) { return iq4xsParamWords(units); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) {
  const uint words = source.words + (g >> 3) * 2 * kTileRows;
  const uint nibbles = loadRowWord(words, r), upper = loadRowWord(words + kTileRows, r);
  const int group = int(g & 7);
  const uint scale = bitfieldExtract(nibbles, 4 * group, 4) | bitfieldExtract(upper, 16 + 2 * group, 2) << 4;
  return vec3(unpackHalf2x16(upper).x * float(int(scale) - 32), 0.0, 0.0);
}
