// The Integer layout: scale · (u + zero), unsigned codes u of BITS bits, zero = qmin − zero-point (an integer).
// Params per group g: SCALE_MODE 0: FP16 scales in pairs, [g / 2][32 rows]; 1: FP16 scale | (zero as int16) << 16,
// [g][32 rows]; 2: FP32 scale, [g][32 rows]; 3: FP32 scale and zero as int, [g][2][32 rows].
// In modes 0 and 2 zero is the same everywhere: SYMMETRIC_ZERO.
layout(constant_id = 3) const uint SCALE_MODE = 0;
layout(constant_id = 4) const int SYMMETRIC_ZERO = 0;
layout(constant_id = 5) const int INTEGER_GROUPS_PER_UNIT = 1;
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
#elif BITS == 2
#define QUADS 0
#define HIGHS 2
#endif
#define GROUPS_PER_UNIT INTEGER_GROUPS_PER_UNIT
#define HAS_SCALE 1
#define HAS_ZERO 1
#define HAS_MINIMUM 0
#include "common/codes.glsl"
#include "common/unit.glsl"
float code(Unit unit, int i) {
#if BITS == 8
  return float(int(byteOf(unit.quads[0], unit.quads[1], i)));
#elif BITS == 6
  return float(int(nibbleOf(unit.quads[0], i) | pairOf(unit.highs[0], unit.highs[1], i) << 4));
#elif BITS == 5
  return float(int(nibbleOf(unit.quads[0], i) | bitOf(unit.highs[0], i) << 4));
#elif BITS == 4
  return nibbleInPlace(unit.quads[0][i >> 3], i & 7);
#elif BITS == 3
  return float(int(pairOf(unit.highs[0], unit.highs[1], i) | bitOf(unit.highs[2], i) << 2));
#else
  return float(int(pairOf(unit.highs[0], unit.highs[1], i)));
#endif
}
uint paramWords(uint units, uint groups) {
  return SCALE_MODE == 0 ? (groups + 1) / 2 * 32 : SCALE_MODE == 3 ? groups * 64 : groups * 32;
}
vec3 params(ParamSource source, uint g, uint r) {
  if (SCALE_MODE == 0) {
    const vec2 pair = unpackHalf2x16(loadWeightWord(source.words + (g >> 1) * 32 + r));
    return vec3((g & 1) == 0 ? pair.x : pair.y, float(SYMMETRIC_ZERO), 0.0);
  }
  if (SCALE_MODE == 1) {
    const uint word = loadWeightWord(source.words + g * 32 + r);
    return vec3(unpackHalf2x16(word).x, float(bitfieldExtract(int(word), 16, 16)), 0.0);
  }
  if (SCALE_MODE == 2) {
    return vec3(uintBitsToFloat(loadWeightWord(source.words + g * 32 + r)), float(SYMMETRIC_ZERO), 0.0);
  }
  const uint at = source.words + g * 64 + r;
  return vec3(uintBitsToFloat(loadWeightWord(at)), float(int(loadWeightWord(at + 32))), 0.0);
}
