// The Integer layout: scale · (u + zero), unsigned codes u of BITS bits, zero = qmin − zero-point (an integer).
// Params per group g: kHalfScales: in pairs, [g / 2][32 rows]; kHalfScalesAndZeros, kFullScales: [g][32 rows];
// kFullScalesAndZeros: [g][2][32 rows]. Without zeros it is the same everywhere: symmetricZero.
#include "common/specialization.h"
QS_INTEGER_LAYOUT(QS_SPECIALIZE)
#if BITS == 8
#define QUADS 2
#define HIGHS 0
#elif BITS == 6
#define QUADS 1
#define HIGHS 2
#elif BITS == 5
#define QUADS 1
#define HIGHS 1
#elif BITS == 4
#define QUADS 1
#define HIGHS 0
#define NIBBLES_IN_PLACE
#elif BITS == 3
#define QUADS 0
#define HIGHS 3
#define TRIPLES_IN_PLACE
#elif BITS == 2
#define QUADS 0
#define HIGHS 2
#define PAIRS_IN_PLACE
#endif
#define GROUPS_PER_UNIT groupsPerUnit
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
vec4 codes(Unit unit, int m) {
#if BITS == 8
  return bytesOf(unit.quads[0], unit.quads[1], m);
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
uint paramWords(uint units, uint groups) { return integerParamWords(scaleMode, groups); }
vec3 params(ParamSource source, Unit unit, uint unitOrGroup, int f, Row r) {
  const uint g = unitOrGroup * groupsPerUnit + f;
  if (scaleMode == kHalfScales) {
    return vec3(halfOf(source.words, g, r), float(symmetricZero), 0.0);
  }
  if (scaleMode == kHalfScalesAndZeros) {
    const uint word = loadRowWord(source.words + g * kTileRows, r);
    return vec3(unpackHalf2x16(word).x, float(bitfieldExtract(int(word), 16, 16)), 0.0);
  }
  if (scaleMode == kFullScales) {
    return vec3(uintBitsToFloat(loadRowWord(source.words + g * kTileRows, r)), float(symmetricZero), 0.0);
  }
  const uint at = source.words + g * 2 * kTileRows;
  return vec3(uintBitsToFloat(loadRowWord(at, r)), float(int(loadRowWord(at + kTileRows, r))), 0.0);
}
