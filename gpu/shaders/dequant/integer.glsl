// The Integer layout: scale · (u + zero), unsigned codes u of BITS bits, zero = qmin − zero-point (an integer).
#include "common/specialization.h"
QS_INTEGER_LAYOUT(QS_SPECIALIZE)
#define CODES_IN_PLACE
#include "common/planes.glsl"
#define GROUPS_PER_UNIT groupsPerUnit
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
vec4 codes(Unit unit, int m) {
#if BITS == 8
  return bytesOf(unit.quads[0], unit.quads[1], m);
#elif BITS == 7
  return vec4(ivec4(nibblesAndTriples(unit.quads[0], uvec3(unit.highs[0], unit.highs[1], unit.highs[2]), m)));
#elif BITS == 6
  return nibblesAndPairs(unit.quads[0], unit.highs[0], unit.highs[1], m);
#elif BITS == 5
  return nibblesAndBits(unit.quads[0], unit.highs[0], m);
#elif BITS == 4
  return nibblesInPlace(unit.quads[0], m);
#elif BITS == 3
  return triplesInPlace(uvec3(unit.highs[0], unit.highs[1], unit.highs[2]), m);
#else
  return pairsInPlace(unit.highs[0], unit.highs[1], m);
#endif
}
#include "common/scales.glsl"
