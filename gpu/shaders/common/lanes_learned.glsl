// The body of matmul_lanes for tables of levels of each row, where a subgroup has eight lanes, so that each has four rows of
// a tile. A row is worked on by all lanes, every fourth value at a time: so they can hold its table, and a code picks a lane.
float across[tokensEach][ROWS * 8];  // of row (r, l) what this lane has summed
[[unroll]] for (int t = 0; t < tokensEach; ++t) {
  [[unroll]] for (int i = 0; i < ROWS * 8; ++i) across[t][i] = 0.0;
}
for (uint first = 0; first < push.units; first += unitsPerTable) {
  float lower[ROWS * 8], upper[ROWS * 8];
  [[unroll]] for (int tile = 0; tile < 2; ++tile) {
    const uint tables = base[tile] + unitQuads(push.units) + first / unitsPerTable * kTileRows / 4 * kLevelWords;
    [[unroll]] for (int l = 0; l < 8; ++l) {
      const uvec4 words = loadWeightQuad(tables + l * kLevelWords + (lane & (min(kLevelWords, 8u) - 1u)));
      uvec4 upperWords = words;
      if (kLevelWords > 8) upperWords = loadWeightQuad(tables + l * kLevelWords + 8 + lane);
      [[unroll]] for (int part = 0; part < 4; ++part) {
        const int r = tile * 4 + part;
        vec2 pair = vec2(uintBitsToFloat(words[part]), uintBitsToFloat(upperWords[part]));
        if (levelMode != kFullScales) pair = levelPair(words[part]);
        if (BITS < 4 && levelMode != kFullScales && (lane & kLevels / 2u) != 0u) pair.x = pair.y;
        if (hasFactors == 1 && computeType != kComputeFp32) pair *= subgroupShuffle(factors[r], uint(l));
        lower[r * 8 + l] = rounded(pair.x);
        if (BITS == 4) upper[r * 8 + l] = rounded(pair.y);
      }
    }
  }
  const uint last = min(first + unitsPerTable, push.units);
  for (uint u = first; u < last; ++u) {
    vec4 x[tokensEach];
    [[unroll]] for (int t = 0; t < tokensEach; ++t) x[t] = rounded(loadArenaQuad(inputs[t] - quadLane + u * 8 + lane));
    [[unroll]] for (int r = 0; r < ROWS; ++r) {
      const Unit unit = loadUnit(base[r / laneRows], push.units, u, Row(lane * laneRows, r % laneRows));
      [[unroll]] for (int l = 0; l < 8; ++l) {
        [[unroll]] for (int k = 0; k < 4; ++k) {
          const int bit = (4 * l + k) * BITS, shift = bit & 31;
#if BITS == 4
          const uint word = unit.quads[0][bit / 32], code = bitfieldExtract(word, shift, 3);
          const float below = subgroupShuffle(lower[r * 8 + l], code), above = subgroupShuffle(upper[r * 8 + l], code);
          const float w = (word & (8u << shift)) == 0 ? below : above;
#else
          uint code = unit.highs[bit / 32] >> shift;
          if (shift + BITS > 32) code |= unit.highs[min(bit / 32 + 1, HIGHS - 1)] << (32 - shift);
          const float w = subgroupShuffle(lower[r * 8 + l], code & (kLevels - 1u));
#endif
          [[unroll]] for (int t = 0; t < tokensEach; ++t) across[t][r * 8 + l] = fma(x[t][k], w, across[t][r * 8 + l]);
        }
      }
    }
  }
}
[[unroll]] for (int t = 0; t < tokensEach; ++t) {
  [[unroll]] for (int i = 0; i < ROWS * 8; ++i) {
    float sum = quadSum(across[t][i]);
    sum += subgroupShuffleXor(sum, 4u);
    if (lane == uint(i & 7)) sums[t][i / 8] = sum;
  }
}
