// FP8 E4M3 (OCP, "FN"): no infinity, 0x7F and 0xFF are NaN. Value i is byte i.
#define QUADS 2
#define HIGHS 0
const vec4 kInputScale = vec4(1.0);
#define GROUPS_PER_UNIT 1
#define HAS_SCALE 0
#define HAS_ZERO 0
#define HAS_MINIMUM 0
#include "common/unit.glsl"
uint paramWords(uint units, uint groups) { return 0; }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) { return vec3(1.0, 0.0, 0.0); }
float valueOf(uint bits) {
  const uint magnitude = bits & 0x7Fu;
  // Exponent field e > 0: 2^(e − 7) · 1.mmm as FP32 bits; e = 0: mmm · 2^−9.
  float value = magnitude < 8u ? float(magnitude) * (1.0 / 512.0) : uintBitsToFloat((magnitude << 20) + (120u << 23));
  if (magnitude == 0x7Fu) value = uintBitsToFloat(0x7FC00000u);
  return uintBitsToFloat(floatBitsToUint(value) | (bits & 0x80u) << 24);
}
vec4 codes(Unit unit, int m) {
  const uint word = m < 4 ? unit.quads[0][m & 3] : unit.quads[1][m & 3];
  return vec4(valueOf(word & 0xFFu), valueOf(bitfieldExtract(word, 8, 8)), valueOf(bitfieldExtract(word, 16, 8)),
              valueOf(word >> 24));
}
