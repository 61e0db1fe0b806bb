// Codes of four bits that stand for one of 16 values, the first of the table among the constants.
#ifdef LANES
#define NEEDS_TABLE
// The subgroup's lanes hold the values, and a code picks a lane: far faster for software renderers than any memory.
uint levelTable;
float levels, upperLevels;
void prepareTable(uint table) {
  levelTable = table;
  const uint lane = gl_SubgroupInvocationID & (gl_WorkGroupSize.x - 1);
  levels = loadConstant(table + (lane & 15));
  upperLevels = loadConstant(table + 8 + (lane & 7));
}
// The code lies at bit `at` of the word.
float levelAt(uint word, int at) {
  if (gl_WorkGroupSize.x >= 16) return subgroupShuffle(levels, bitfieldExtract(word, at, 4));
  if (gl_WorkGroupSize.x < 8) return loadConstant(levelTable + bitfieldExtract(word, at, 4));
  const uint lane = bitfieldExtract(word, at, 3);
  const float lower = subgroupShuffle(levels, lane), upper = subgroupShuffle(upperLevels, lane);
  return int(word << (28 - at)) < 0 ? upper : lower;
}
// A code below 8.
float levelOf(uint code) {
  return gl_WorkGroupSize.x >= 8 ? subgroupShuffle(levels, code) : loadConstant(levelTable + code);
}
#else
#define TABLE_WORDS 16
#include "common/table.glsl"
float levelAt(uint word, int at) { return uintBitsToFloat(tableWord(bitfieldExtract(word, at, 4))); }
float levelOf(uint code) { return uintBitsToFloat(tableWord(code)); }
#endif

vec4 levelsOf(uvec4 quad, int m) {
  const uint word = quad[m >> 1];
  const int at = 16 * (m & 1);
  return vec4(levelAt(word, at), levelAt(word, at + 4), levelAt(word, at + 8), levelAt(word, at + 12));
}
