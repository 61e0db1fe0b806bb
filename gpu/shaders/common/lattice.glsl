// What the lattice types share. A point of a lattice is the magnitudes of four values in a word, or of eight in two: a
// byte each, above ZERO, the power of two that stands for zero (gpu/lattice_words.h). Signs are 32 bits of a unit: bit
// 8c + m is of value 4m + c. Types that store seven signs of eight have four other bits in the place of the eighths, and
// these make the number of minus signs of eight values even.
#include "common/table.glsl"

uint allSigns(uint word) {
  const uint seven = word & 0x55FFFFFFu;
  uint odd = seven ^ (seven >> 16);
  odd ^= odd >> 8;
  odd ^= odd >> 1;
  return seven | (odd & 0x55u) << 25;
}
// The four other bits: bit l is in the place of the last sign of values 8l … 8l + 7.
uint otherBits(uint word) {
  uint bits = (word >> 25) & 0x55u;
  bits = (bits | bits >> 1) & 0x33u;
  return (bits | bits >> 2) & 15u;
}

#ifdef ZERO
// Four values with their signs, ZERO added.
vec4 signedFour(uint word, uint signs, int m) {
  const uint minus = (signs >> m) & 0x01010101u;
  const uint negative = word & (minus * ZERO - minus);
  const uint four = word - 2u * negative;
  return vec4(ivec4(four & 0xFFu, four & 0xFF00u, four & 0xFF0000u, four & 0xFF000000u));
}
#endif
