// One FP16 scale per group, two groups per word: [group / 2][32 rows].
uint paramWords(uint units, uint groups) { return halfPairWords(groups); }
float halfScale(ParamSource source, uint g, Row r) { return halfOf(source.words, g, r); }
