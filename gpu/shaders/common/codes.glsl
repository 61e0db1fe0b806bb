// Integer codes of a unit, stored in planes: 4-bit codes and wider in quads, lower bits of narrow codes in highs.
//
// In place: a code is used where it lies in its word, a power of two too large; the input is divided instead.

#if defined(NIBBLES_IN_PLACE)
const vec4 kInputScale = vec4(1.0, 1.0 / 16.0, 1.0 / 256.0, 1.0 / 4096.0);
#elif defined(TRIPLES_IN_PLACE)
const vec4 kInputScale = vec4(1.0, 1.0 / 8.0, 1.0 / 64.0, 1.0 / 512.0);
#elif defined(PAIRS_IN_PLACE)
const vec4 kInputScale = vec4(1.0, 1.0 / 4.0, 1.0 / 16.0, 1.0 / 64.0);
#elif defined(BITS_IN_PLACE)
const vec4 kInputScale = vec4(2.0, 1.0, 1.0 / 2.0, 1.0 / 4.0);  // a set bit is 2
#elif defined(BYTES_IN_PLACE)
const vec4 kInputScale = vec4(1.0, 1.0 / 256.0, 1.0 / 65536.0, 1.0 / 16777216.0);
#else
const vec4 kInputScale = vec4(1.0);
#endif

vec4 nibblesInPlace(uvec4 quad, int m) {
  const uint word = (m & 1) == 0 ? quad[m >> 1] : quad[m >> 1] >> 16;
  return vec4(ivec4(word & 0xFu, word & 0xF0u, word & 0xF00u, word & 0xF000u));
}
// A stream of 3-bit codes: twelve bits per four values.
uint twelveBits(uvec3 words, int m) {
  const int bit = 12 * m, shift = bit & 31;
  uint word = words[bit >> 5] >> shift;
  if (shift > 20) word |= words[(bit >> 5) + 1] << (32 - shift);
  return word;
}
vec4 triplesInPlace(uvec3 words, int m) {
  const uint word = twelveBits(words, m);
  return vec4(ivec4(word & 7u, word & (7u << 3), word & (7u << 6), word & (7u << 9)));
}
vec4 pairsInPlace(uint low, uint high, int m) {
  const uint word = (m < 4 ? low : high) >> (8 * (m & 3));
  return vec4(ivec4(word & 3u, word & (3u << 2), word & (3u << 4), word & (3u << 6)));
}

vec4 bytesOf(uvec4 low, uvec4 high, int m) {
  const uint word = m < 4 ? low[m & 3] : high[m & 3];
  return vec4(ivec4(word & 0xFFu, bitfieldExtract(word, 8, 8), bitfieldExtract(word, 16, 8), word >> 24));
}
uvec4 nibblesOf(uvec4 quad, int m) {
  const uint word = quad[m >> 1];
  const int at = 16 * (m & 1);
  return uvec4(bitfieldExtract(word, at, 4), bitfieldExtract(word, at + 4, 4), bitfieldExtract(word, at + 8, 4),
               bitfieldExtract(word, at + 12, 4));
}
uvec4 pairsOf(uint low, uint high, int m) {
  const uint word = m < 4 ? low : high;
  const int at = 8 * (m & 3);
  return uvec4(bitfieldExtract(word, at, 2), bitfieldExtract(word, at + 2, 2), bitfieldExtract(word, at + 4, 2),
               bitfieldExtract(word, at + 6, 2));
}
uvec4 bitsOf(uint word, int m) {
  return uvec4(bitfieldExtract(word, 4 * m, 1), bitfieldExtract(word, 4 * m + 1, 1),
               bitfieldExtract(word, 4 * m + 2, 1), bitfieldExtract(word, 4 * m + 3, 1));
}
uvec4 triplesOf(uvec3 words, int m) {
  const uint word = twelveBits(words, m);
  return uvec4(word & 7u, bitfieldExtract(word, 3, 3), bitfieldExtract(word, 6, 3), bitfieldExtract(word, 9, 3));
}
uvec4 nibblesAndTriples(uvec4 quad, uvec3 words, int m) { return nibblesOf(quad, m) | triplesOf(words, m) << 4; }
vec4 nibblesAndPairs(uvec4 quad, uint low, uint high, int m) {
  return vec4(ivec4(nibblesOf(quad, m) | pairsOf(low, high, m) << 4));
}
vec4 nibblesAndBits(uvec4 quad, uint word, int m) {
  return vec4(ivec4(nibblesOf(quad, m) | bitsOf(word, m) << 4));
}
