// This invocation's share of one row: the sum over units split, split + splits, …  inQuad: first of the input's row
float rowOfTile(uint s, uint tile, uint inQuad, uint split, uint r) {
  const uint base = push.segment[s].base + tile * tileQuads(push.units, push.groups);
  const ParamSource source = paramSource((base + unitQuads(push.units)) * 4, push.groups, push.segment[s].table,
                                         push.segment[s].row + tile * kTileRows);
  const float factor = loadFactor(base + tileQuads(push.units, push.groups), Row(r, 0));
  float sum = 0.0;
  for (uint u = split; u < push.units; u += splits) {
    const Unit unit = loadUnit(base, push.units, u, Row(r, 0));
    [[unroll]] for (int f = 0; f < GROUPS_PER_UNIT; ++f) {
      const int quads = 8 / GROUPS_PER_UNIT;
      const vec3 p = params(source, unit, GROUPS_PER_UNIT == 1 ? u / push.unitsPerGroup : u, f, Row(r, 0));
      vec4 part = vec4(0.0), total = vec4(0.0);  // four sums each: their additions do not wait for each other
      [[unroll]] for (int q = 0; q < quads; ++q) {
        const int m = f * quads + q;
        const vec4 x = inputQuad(inQuad, u * 8 + m);
        if (computeType != kComputeFp32) {
          part = fma(rounded(x), rounded(decoded(unit, m, p, factor)), part);
          continue;
        }
        part = fma(x, codes(unit, m), part);
#if HAS_ZERO || HAS_MINIMUM
        total += x;
#endif
      }
      if (computeType != kComputeFp32) {
        sum += dot(part, vec4(1.0));
        continue;
      }
      float value = dot(part, kInputScale);
#if HAS_ZERO
      value += p.y * dot(total, vec4(1.0));
#endif
#if HAS_SCALE
      value *= p.x;
#endif
#if HAS_MINIMUM
      value += p.z * dot(total, vec4(1.0));
#endif
      sum += value;
    }
  }
  return computeType == kComputeFp32 ? sum * factor : sum;  // rounded weights have it already
}
