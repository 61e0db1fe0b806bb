// Q6_K: d · sc · (q − 32), groups of 16 in super-blocks of 256; the upper two bits are two words of their own.
// Params: [super-block][32 rows] quads of 16 signed bytes, then FP16 d in pairs: [super-block / 2][32 rows].
#define QUADS 1
#define HIGHS 2
#define GROUPS_PER_UNIT 2
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
float code(Unit unit, int i) {
  return float(int(nibbleOf(unit.quads[0], i) | pairOf(unit.highs[0], unit.highs[1], i) << 4));
}
uint paramWords(uint units, uint groups) { return q6kParamWords(units); }
vec3 params(ParamSource source, uint g, uint r) {
  const uint block = g >> 4;
  const uint blocks = source.groups >> 4;
  const int scales = int(loadWeightWord(source.words + (block * kTileRows + r) * 4 + ((g >> 2) & 3)));
  const vec2 pair = unpackHalf2x16(loadWeightWord(source.words + blocks * 4 * kTileRows + (block >> 1) * kTileRows + r));
  const float d = (block & 1) == 0 ? pair.x : pair.y;
  return vec3(d * float(bitfieldExtract(scales, 8 * int(g & 3), 8)), -32.0, 0.0);
}
