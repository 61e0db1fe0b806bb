// MXFP4: level[q] · 2^(e − 128) with doubled E2M1 levels, one byte e per 32 values: [group / 4][32 rows].
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
uint paramWords(uint units, uint groups) { return byteWords(groups); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) {
  const uint e = byteOf(source.words, g, r);
  return vec3(uintBitsToFloat(e < 2 ? 0x00200000u << e : (e - 1) << 23), 0.0, 0.0);
}
