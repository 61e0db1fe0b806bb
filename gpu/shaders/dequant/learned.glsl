// Codes of BITS bits under a table of levels of each row or group. Where a row has its 32 codes in other layouts, row 4j + p
// here has those of values 4j … 4j + 3 of the rows p, 4 + p … 28 + p of the tile, one row behind the other: so eight lanes
// with a row's values each have their codes in the same bits. Params: tables of kLevelWords words,
// [group][8][kLevelWords][4 rows]; FP16 and BF16 in pairs, the lower half of the levels in the low halves.
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
vec2 levelPair(uint word) {
  return levelMode == kBrainScales ? uintBitsToFloat(uvec2(word << 16, word & 0xFFFF0000u)) : unpackHalf2x16(word);
}
float levelOf(uint table, uint code) {
  if (levelMode == kFullScales) return uintBitsToFloat(loadWeightWord(table + 4 * code));
  const vec2 pair = levelPair(loadWeightWord(table + 4 * (code & (kLevels / 2u - 1u))));
  return code >= kLevels / 2u ? pair.y : pair.x;
}
// Word w of what lies in the place of a row.
uint codeWord(Unit unit, uint row, uint w) {
  return loadWeightWord(unit.first + (QUADS == 1 ? row * 4 + w : w * kTileRows + row));
}
vec4 codes(Unit unit, int m) {
  const uint place = m * 4 + unit.row % 4, bit = unit.row / 4 * 4 * BITS, shift = bit & 31;
  uint word = codeWord(unit, place, bit / 32) >> shift;
  if (shift + 4 * BITS > 32) word |= codeWord(unit, place, bit / 32 + 1) << (32 - shift);
  vec4 levels;
  [[unroll]] for (int c = 0; c < 4; ++c) levels[c] = levelOf(unit.levels, bitfieldExtract(word, BITS * c, BITS));
  return levels;
}
uint paramWords(uint units, uint groups) { return groups * kTileRows * kLevelWords; }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) { return vec3(1.0, 0.0, 0.0); }
