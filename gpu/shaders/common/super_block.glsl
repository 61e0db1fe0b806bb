// Q4_K and Q5_K: per super-block of 256 values a quad: FP16 d and dmin, then eight 6-bit scales and eight 6-bit minima
// in 12 bytes as GGUF packs them: [super-block][32 rows]. A group is a unit.
uint paramWords(uint units, uint groups) { return q4kParamWords(units); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) {
  const uvec4 block = loadWeightQuad(source.words / 4 + (g >> 3) * kTileRows + numberOf(r));
  const vec2 d = unpackHalf2x16(block.x);
  // Byte j of block.y is the scale of group j < 4, of block.z its minimum; their upper two bits and the nibbles of
  // block.w hold groups 4 … 7.
  const int shift = 8 * int(g & 3);
  uint scale, minimum;
  if ((g & 4) == 0) {
    scale = bitfieldExtract(block.y, shift, 6);
    minimum = bitfieldExtract(block.z, shift, 6);
  } else {
    scale = bitfieldExtract(block.w, shift, 4) | bitfieldExtract(block.y, shift + 6, 2) << 4;
    minimum = bitfieldExtract(block.w, shift + 4, 4) | bitfieldExtract(block.z, shift + 6, 2) << 4;
  }
  return vec3(d.x * float(scale), 0.0, -(d.y * float(minimum)));
}
