// Scales and zero-points of the layouts integer and levels, per group g: kHalfScales, kBrainScales: in pairs,
// [g / 2][32 rows]; kHalfScalesAndZeros, kFullScales: [g][32 rows]; kFullScalesAndZeros: [g][2][32 rows]. Without zeros it
// is the same everywhere: symmetricZero.
uint paramWords(uint units, uint groups) { return integerParamWords(scaleMode, groups); }
vec3 params(ParamSource source, Unit unit, uint unitOrGroup, int f, Row r) {
  const uint g = unitOrGroup * groupsPerUnit + f;
  if (scaleMode == kHalfScales) {
    return vec3(halfOf(source.words, g, r), float(symmetricZero), 0.0);
  }
  if (scaleMode == kBrainScales) {
    const uint pair = loadRowWord(source.words + (g >> 1) * kTileRows, r);
    return vec3(uintBitsToFloat((g & 1) == 0 ? pair << 16 : pair & 0xFFFF0000u), float(symmetricZero), 0.0);
  }
  if (scaleMode == kHalfScalesAndZeros) {
    const uint word = loadRowWord(source.words + g * kTileRows, r);
    return vec3(unpackHalf2x16(word).x, float(bitfieldExtract(int(word), 16, 16)), 0.0);
  }
  if (scaleMode == kFullScales) {
    return vec3(uintBitsToFloat(loadRowWord(source.words + g * kTileRows, r)), float(symmetricZero), 0.0);
  }
  const uint at = source.words + g * 2 * kTileRows;
  return vec3(uintBitsToFloat(loadRowWord(at, r)), uintBitsToFloat(loadRowWord(at + kTileRows, r)), 0.0);
}
