// One FP16 scale per group, two groups per word: [group / 2][32 rows].
uint paramWords(uint units, uint groups) { return (groups + 1) / 2 * 32; }
float halfScale(ParamSource source, uint g, uint r) {
  const vec2 pair = unpackHalf2x16(loadWeightWord(source.words + (g >> 1) * 32 + r));
  return (g & 1) == 0 ? pair.x : pair.y;
}
