// Four unsigned codes of BITS bits, values 4m … 4m + 3 of a unit, as the bytes of a word.
uint spreadNibbles(uint x) {
  x = (x | x << 8) & 0x00FF00FFu;
  return (x | x << 4) & 0x0F0F0F0Fu;
}
uint spreadTriples(uint x) {
  x &= 0xFFFu;
  x = (x | x << 10) & 0x003F003Fu;
  return (x | x << 5) & 0x07070707u;
}
uint spreadPairs(uint x) {
  x = (x | x << 12) & 0x000F000Fu;
  return (x | x << 6) & 0x03030303u;
}
uint spreadBits(uint x) {
  x = (x | x << 14) & 0x00030003u;
  return (x | x << 7) & 0x01010101u;
}
uint packedCodes(Unit unit, int m) {
#if BITS == 8
  return m < 4 ? unit.quads[0][m & 3] : unit.quads[1][m & 3];
#else
  uint result = 0;
#if BITS >= 4
  result = spreadNibbles(bitfieldExtract(unit.quads[0][m >> 1], 16 * (m & 1), 16));
#endif
#if BITS == 7
  result |= spreadTriples(twelveBits(uvec3(unit.highs[0], unit.highs[1], unit.highs[2]), m)) << 4;
#elif BITS == 6
  result |= spreadPairs(bitfieldExtract(m < 4 ? unit.highs[0] : unit.highs[1], 8 * (m & 3), 8)) << 4;
#elif BITS == 5
  result |= spreadBits(bitfieldExtract(unit.highs[0], 4 * m, 4)) << 4;
#elif BITS == 3
  result = spreadTriples(twelveBits(uvec3(unit.highs[0], unit.highs[1], unit.highs[2]), m));
#elif BITS == 2
  result = spreadPairs(bitfieldExtract(m < 4 ? unit.highs[0] : unit.highs[1], 8 * (m & 3), 8));
#endif
  return result;
#endif
}
