// The body of matmul_lanes for tables of levels of each row, where a subgroup has eight lanes. A row is worked on by all of
// them, eight neighbouring values at a time: so the lanes can hold its table, and a code picks a lane.
float across[tokensEach][ROWS * 8];  // of row (r, l) what this lane has summed
[[unroll]] for (int t = 0; t < tokensEach; ++t) {
  [[unroll]] for (int i = 0; i < ROWS * 8; ++i) across[t][i] = 0.0;
}
for (uint first = 0; first < push.units; first += unitsPerTable) {
  float lower[ROWS * 8], upper[ROWS * 8];
  [[unroll]] for (int i = 0; i < ROWS * 8; ++i) {
    const uint row = uint((i & 7) * laneRows + (i / 8) % laneRows);
    const uint tables = (base[i / 8 / laneRows] + unitQuads(push.units)) * 4;
    const uint table = tables + (first / unitsPerTable * kTileRows + row) * kLevelWords;
    if (BITS == 4) {
      const vec2 pair = levelPair(table, lane);
      lower[i] = rounded(pair.x);
      upper[i] = rounded(pair.y);
    } else {
      lower[i] = rounded(levelOf(table, lane & (kLevels - 1u)));
    }
  }
  const uint last = min(first + unitsPerTable, push.units);
  for (uint u = first; u < last; ++u) {
    float x[tokensEach][4];
    [[unroll]] for (int t = 0; t < tokensEach; ++t) {
      const uint place = (inputs[t] - quadLane) * 4 + u * kUnitValues + lane;
      [[unroll]] for (int k = 0; k < 4; ++k) x[t][k] = rounded(arena[place + 8 * k]);
    }
    [[unroll]] for (int r = 0; r < ROWS; ++r) {
      const Unit unit = loadUnit(base[r / laneRows], push.units, u, Row(lane * laneRows, r % laneRows));
      [[unroll]] for (int k = 0; k < 4; ++k) {
        const uint eight = eightCodes(unit, k);  // of the lane's row
        [[unroll]] for (int l = 0; l < 8; ++l) {
          const uint code = subgroupShuffle(eight, uint(l)) >> (BITS * lane);
          float w = subgroupShuffle(lower[r * 8 + l], code & min(7u, kLevels - 1u));
          if (BITS == 4) {
            const float above = subgroupShuffle(upper[r * 8 + l], code & 7u);
            w = int(code << 28) < 0 ? above : w;
          }
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
