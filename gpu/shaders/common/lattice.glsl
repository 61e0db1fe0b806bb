// What the lattice types share: points are words of the table (gpu/lattice_words.h). Signs are 32 bits of a unit: bit 8c + m
// is of value 4m + c. Types that store seven signs of eight have four other bits in the place of the eighths, which make
// the number of minus signs of eight values even.
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

// A byte each of four values: 64 + magnitude, or where the sign is set 64 − magnitude.
const float kZeroOfBytes = -64.0;
vec4 signedFour(uint word, uint signs, int m) {
  const uint minus = (signs >> m) & 0x01010101u;
  const uint four = (word ^ (minus * 127u)) + minus;
  return vec4(ivec4(four & 0xFFu, four & 0xFF00u, four & 0xFF0000u, four & 0xFF000000u));
}

// IQ2: values c and 4 + c of a point in nibbles 2c and 2c + 1: the bits of 8, 25 or 43 but for the 8: 0, 17 or 35, of which
// bits 0, 1, 4 and 5 may be set.
vec4 signedFourOfPoint(uint point, uint signs, int m) {
  const uint word = tableWord(point), low = (m & 1) == 0 ? word : word >> 4, high = (m & 1) == 0 ? word << 2 : word >> 2;
  return signedFour(0x48484848u | (low & 0x03030303u) | (high & 0x30303030u), signs, m);
}
