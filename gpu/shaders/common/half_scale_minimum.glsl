// FP16 scale (low half) and FP16 minimum (high half) per group: [group][32 rows].
uint paramWords(uint units, uint groups) { return singleWords(groups); }
vec3 params(ParamSource source, Unit unit, uint g, int f, Row r) {
  const vec2 pair = unpackHalf2x16(loadRowWord(source.words + g * kTileRows, r));
  return vec3(pair.x, 0.0, pair.y);
}
