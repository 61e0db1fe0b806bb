// Byte i of a unit of 32 bytes in two quads.
uint byteOf(uvec4 low, uvec4 high, int i) {
  return bitfieldExtract(i < 16 ? low[(i >> 2) & 3] : high[(i >> 2) & 3], 8 * (i & 3), 8);
}
