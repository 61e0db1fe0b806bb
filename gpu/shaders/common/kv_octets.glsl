// Eight elements of a key or value of one position, of what a head of a row is stored as (interface.h). Needs keyKind,
// valueKind, keyOctets, valueOctets and push.kvHeads.
struct Octet {
  vec4 low, high;  // elements 0 … 3 and 4 … 7
};

vec4 bytesOfWord(uint word) {
  const int four = int(word);
  return vec4(bitfieldExtract(four, 0, 8), bitfieldExtract(four, 8, 8), bitfieldExtract(four, 16, 8), four >> 24);
}

// FP8 E4M3: subnormal numbers are multiples of 2^-9, all ones NaN.
vec4 smallFloatsOf(uint word) {
  const uvec4 codes = uvec4(word, word >> 8, word >> 16, word >> 24), magnitude = codes & 0x7Fu;
  uvec4 bits = (magnitude << 20) + 0x3C000000u;
  bits = mix(bits, floatBitsToUint(vec4(magnitude) * (1.0 / 512.0)), lessThan(magnitude, uvec4(8u)));
  bits = mix(bits, uvec4(0x7FC00000u), equal(magnitude, uvec4(0x7Fu)));
  return uintBitsToFloat(bits | (codes & 0x80u) << 24);
}

// Codes of Q4_0, the lowest first.
vec4 nibblesOf(uint word) { return vec4(ivec4(uvec4(word, word >> 4, word >> 8, word >> 12) & 15u) - 8); }

// FP16 by integers: devices may take its subnormal numbers for zero.
float blockScale(uint word, uint octet) {
  const uint bits = bitfieldExtract(word, int(octet / 4 & 1) * 16, 16), magnitude = bits & 0x7FFFu;
  uint result = (magnitude << 13) + 0x38000000u;
  if (magnitude < 0x400u) result = floatBitsToUint(float(magnitude) * (1.0 / 16777216.0));
  if (magnitude >= 0x7C00u) result = 0x7FC00000u;  // of a block that was not finite
  return uintBitsToFloat(result | (bits & 0x8000u) << 16);
}

// @param row first quad of the position's row
// Elements of bytes (kKvBytes) are yet to be multiplied by the scale of their head.
#define QS_KV_OCTET(NAME, LOAD, KIND, OCTETS)                                                                     \
  Octet NAME(uint row, uint head, uint octet) {                                                                   \
    const uint headQuads = kvHeadQuads(OCTETS, KIND), quad = row + head * headQuads;                              \
    if (KIND == kKvFloats)                                                                                        \
      return Octet(uintBitsToFloat(LOAD(quad + 2 * octet)), uintBitsToFloat(LOAD(quad + 2 * octet + 1)));         \
    if (KIND == kKvHalves) {                                                                                      \
      const uvec4 words = LOAD(quad + octet);                                                                     \
      return Octet(vec4(unpackHalf2x16(words.x), unpackHalf2x16(words.y)),                                        \
                   vec4(unpackHalf2x16(words.z), unpackHalf2x16(words.w)));                                       \
    }                                                                                                             \
    Octet x;                                                                                                      \
    if (KIND == kKvNibbleBlocks) {                                                                                \
      const uint word = LOAD(quad + octet / 4)[octet & 3];                                                        \
      x = Octet(nibblesOf(word), nibblesOf(word >> 16));                                                          \
    } else {                                                                                                      \
      const uvec4 words = LOAD(quad + octet / 2);                                                                 \
      const uvec2 two = (octet & 1) == 0 ? words.xy : words.zw;                                                   \
      if (KIND == kKvSmallFloats) return Octet(smallFloatsOf(two.x), smallFloatsOf(two.y));                       \
      x = Octet(bytesOfWord(two.x), bytesOfWord(two.y));                                                          \
      if (KIND == kKvBytes) return x;                                                                             \
    }                                                                                                             \
    const uint at = head * kvScaleWords(OCTETS, KIND) + octet / 8;                                                \
    const float scale = blockScale(LOAD(row + push.kvHeads * headQuads + at / 4)[at & 3], octet);                 \
    x.low *= scale;                                                                                               \
    x.high *= scale;                                                                                              \
    return x;                                                                                                     \
  }
QS_KV_OCTET(loadKeyOctet, loadKeyQuad, keyKind, keyOctets)
QS_KV_OCTET(loadValueOctet, loadValueQuad, valueKind, valueOctets)

// The scale of a head of bytes (kKvBytes).
float keyScale(uint row, uint head) {
  return uintBitsToFloat(loadKeyQuad(row + push.kvHeads * kvHeadQuads(keyOctets, keyKind) + head / 4)[head & 3]);
}
float valueScale(uint row, uint head) {
  return uintBitsToFloat(loadValueQuad(row + push.kvHeads * kvHeadQuads(valueOctets, valueKind) + head / 4)[head & 3]);
}
