// Powers of two with sign under a scale: code 0 of the lower BITS − 1 bits is 0, others are an exponent that ends at 2^0.
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
const int kMagnitudes = (1 << (BITS - 1)) - 1;
// The code as the exponent of an FP32, where 0 is 0, and its sign.
float powerOf(uint code) {
  const uint field = uint(int(code << (32 - BITS)) >> (9 - BITS)) & (0x80000000u | uint(kMagnitudes) << 23);
  return uintBitsToFloat(field) * uintBitsToFloat(uint(254 - kMagnitudes) << 23);
}
vec4 codes(Unit unit, int m) {
  const uvec4 q = unsignedCodes(unit, m);
  return vec4(powerOf(q.x), powerOf(q.y), powerOf(q.z), powerOf(q.w));
}
#include "common/scales.glsl"
