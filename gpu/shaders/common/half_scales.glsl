// One FP16 scale per group, two groups per word: [group / 2][32 rows].
uint paramWords(uint units, uint groups) { return halfPairWords(groups); }
float halfScale(ParamSource source, uint g, uint r) {
  const vec2 pair = unpackHalf2x16(loadWeightWord(source.words + (g >> 1) * kTileRows + r));
  return (g & 1) == 0 ? pair.x : pair.y;
}
