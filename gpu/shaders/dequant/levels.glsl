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
#include "common/unsigned_codes.glsl"
#if BITS > 4
#define TABLE_WORDS (1 << BITS)
#ifdef LANES
#define prepareTable prepareLookup
#include "common/table.glsl"
#undef prepareTable
#include "common/level_rules.glsl"
void prepareTable(uint table) {
  prepareLookup(table);
  prepareRule(table + TABLE_WORDS);
}
#else
#include "common/table.glsl"
#endif
float levelOf(uint code) { return uintBitsToFloat(tableWord(code)); }
#else
#include "common/levels.glsl"
#endif
vec4 codes(Unit unit, int m) {
#if BITS == 4
  return levelsOf(unit.quads[0], m);
#else
#if BITS > 4 && defined(LANES)
  if (areLevelsComputed()) return computedLevels(unit, m);
#endif
  const uvec4 q = unsignedCodes(unit, m);
  return vec4(levelOf(q.x), levelOf(q.y), levelOf(q.z), levelOf(q.w));
#endif
}
#include "common/scales.glsl"
