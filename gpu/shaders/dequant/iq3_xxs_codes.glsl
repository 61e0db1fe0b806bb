// IQ3_XXS with each value's 4-bit code in place of its point and sign (gpu/pack_wide_lattices.cpp): d · (½ + s) / 2 · level[q].
// Params: [super-block][32 rows] words of eight 4-bit s, then FP16 d in pairs: [super-block / 2][32 rows].
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
uint paramWords(uint units, uint groups) { return iq3CodesParamWords(units); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) {
  const uint s = bitfieldExtract(loadRowWord(source.words + (g >> 3) * kTileRows, r), 4 * int(g & 7), 4);
  const float d = halfOf(source.words + superBlocks(source.groups) * kTileRows, g >> 3, r);
  return vec3(d * (0.5 + float(s)) * 0.5, 0.0, 0.0);
}
