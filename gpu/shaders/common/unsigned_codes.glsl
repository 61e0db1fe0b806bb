// Codes of BITS bits as they are.
uvec4 unsignedCodes(Unit unit, int m) {
#if BITS == 8
  const uint word = m < 4 ? unit.quads[0][m & 3] : unit.quads[1][m & 3];
  return uvec4(word & 0xFFu, bitfieldExtract(word, 8, 8), bitfieldExtract(word, 16, 8), word >> 24);
#elif BITS == 7
  return nibblesAndTriples(unit.quads[0], uvec3(unit.highs[0], unit.highs[1], unit.highs[2]), m);
#elif BITS == 6
  return nibblesOf(unit.quads[0], m) | pairsOf(unit.highs[0], unit.highs[1], m) << 4;
#elif BITS == 5
  return nibblesOf(unit.quads[0], m) | bitsOf(unit.highs[0], m) << 4;
#elif BITS == 4
  return nibblesOf(unit.quads[0], m);
#elif BITS == 3
  return triplesOf(uvec3(unit.highs[0], unit.highs[1], unit.highs[2]), m);
#else
  return pairsOf(unit.highs[0], unit.highs[1], m);
#endif
}
