// Codes of BITS bits under a table of levels of each row or group. Params: [group][32 rows] tables of kLevelWords words; FP16
// and BF16 in pairs, the lower half of the levels in the low halves.
#include "common/param_words.h"
#include "common/specialization.h"
QS_LEARNED_LAYOUT(QS_SPECIALIZE)
#include "common/planes.glsl"
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 0
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#define OWN_LEVELS
const uint kLevels = 1u << BITS;
const uint kLevelWords = levelMode == kFullScales ? kLevels : kLevels / 2u;
#include "common/codes.glsl"
#include "common/unit.glsl"
#include "common/unsigned_codes.glsl"
// Levels `code` and kLevels / 2 + code. @param code below kLevels / 2
vec2 levelPair(uint table, uint code) {
  if (levelMode == kFullScales) {
    return uintBitsToFloat(uvec2(loadWeightWord(table + code), loadWeightWord(table + kLevels / 2u + code)));
  }
  const uint word = loadWeightWord(table + code);
  if (levelMode == kBrainScales) return uintBitsToFloat(uvec2(word << 16, word & 0xFFFF0000u));
  return unpackHalf2x16(word);
}
float levelOf(uint table, uint code) {
  if (levelMode == kFullScales) return uintBitsToFloat(loadWeightWord(table + code));
  const vec2 pair = levelPair(table, code & (kLevels / 2u - 1u));
  return code >= kLevels / 2u ? pair.y : pair.x;
}
vec4 codes(Unit unit, int m) {
  const uvec4 q = unsignedCodes(unit, m);
  return vec4(levelOf(unit.levels, q.x), levelOf(unit.levels, q.y), levelOf(unit.levels, q.z), levelOf(unit.levels, q.w));
}
uint paramWords(uint units, uint groups) { return groups * kTileRows * kLevelWords; }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) { return vec3(1.0, 0.0, 0.0); }
