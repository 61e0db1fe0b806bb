// NVFP4: level[q] · s / 2 with doubled E2M1 levels, one unsigned E4M3 byte s per 16 values: [unit / 2][32 rows].
#define QUADS 1
#define HIGHS 0
#define GROUPS_PER_UNIT 2
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/levels.glsl"
vec4 codes(Unit unit, int m) { return levelsOf(unit.quads[0], m); }
uint paramWords(uint units, uint groups) { return byteWords(groups); }
vec3 params(ParamSource source, Unit unit, uint u, int f, Row r) {
  const uint word = loadRowWord(source.words + (u >> 1) * kTileRows, r);
  const uint s = bitfieldExtract(word, 16 * int(u & 1) + 8 * f, 8);
  const uint magnitude = s & 0x7Fu;
  // Exponent field e > 0: 2^(e − 8) · 1.mmm as FP32 bits; e = 0: mmm · 2^−10. 0x7F is 0, but 0xFF is 480.
  const float scale = magnitude < 8 ? float(magnitude) * (1.0 / 1024.0) : uintBitsToFloat((magnitude << 20) + (119u << 23));
  return vec3(s == 0x7Fu ? 0.0 : scale, 0.0, 0.0);
}
