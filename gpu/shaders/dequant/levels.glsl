// The CodeBook layout with rows of BITS-bit codes: levels[q] · scale. The 2^BITS levels are a table among the constants.
#include "common/specialization.h"
QS_INTEGER_LAYOUT(QS_SPECIALIZE)
#include "common/planes.glsl"
#define GROUPS_PER_UNIT groupsPerUnit
#define HAS_SCALE 1
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
#if BITS > 4
#define TABLE_WORDS (1 << BITS)
#include "common/table.glsl"
float levelOf(uint code) { return uintBitsToFloat(tableWord(code)); }
#else
#include "common/levels.glsl"
#endif
vec4 codes(Unit unit, int m) {
#if BITS == 8
  const uint word = m < 4 ? unit.quads[0][m & 3] : unit.quads[1][m & 3];
  const uvec4 q = uvec4(word & 0xFFu, bitfieldExtract(word, 8, 8), bitfieldExtract(word, 16, 8), word >> 24);
#elif BITS == 7
  const uvec4 q = nibblesAndTriples(unit.quads[0], uvec3(unit.highs[0], unit.highs[1], unit.highs[2]), m);
#elif BITS == 6
  const uvec4 q = nibblesOf(unit.quads[0], m) | pairsOf(unit.highs[0], unit.highs[1], m) << 4;
#elif BITS == 5
  const uvec4 q = nibblesOf(unit.quads[0], m) | bitsOf(unit.highs[0], m) << 4;
#elif BITS == 3
  const uvec4 q = triplesOf(uvec3(unit.highs[0], unit.highs[1], unit.highs[2]), m);
#elif BITS == 2
  const uvec4 q = pairsOf(unit.highs[0], unit.highs[1], m);
#endif
#if BITS == 4
  return levelsOf(unit.quads[0], m);
#else
  return vec4(levelOf(q.x), levelOf(q.y), levelOf(q.z), levelOf(q.w));
#endif
}
#include "common/scales.glsl"
