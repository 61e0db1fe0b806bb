// result[t] = weight · in[t] for GPUs, many tokens: a workgroup computes 64 rows × tileTokens tokens. A unit of 32 values
// at a time is decoded into shared memory once and used for all tokens of the tile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common/bindings.glsl"
#include "common/specialization.h"
layout(local_size_x = kMatMulTilesWorkgroup) in;
QS_MATMUL_TILES(QS_SPECIALIZE)
#define SHARED_TABLE kMatMulTilesWorkgroup
#include "layout.glsl"
#include "common/matmul.glsl"
#include "common/decoded.glsl"
#include "common/compute_type.glsl"

const uint TILE_ROWS = kTilesTogether * kTileRows;
const uint TOKENS_EACH = tileTokens / 16;  // a thread has 4 rows × TOKENS_EACH tokens
shared float weights[kUnitValues][TILE_ROWS + 1];
shared float inputs[kUnitValues][tileTokens + 1];

// 8 values of one row's unit, decoded.
void stageWeights(uint s, uint firstTile, uint u) {
  const uint row = gl_LocalInvocationID.x & 63, eighth = gl_LocalInvocationID.x >> 6;
  const uint tile = min(firstTile + row / kTileRows, push.segment[s].tiles - 1), r = row % kTileRows;
  const uint base = push.segment[s].base + tile * tileQuads(push.units, push.groups);
  const ParamSource source = paramSource((base + unitQuads(push.units)) * 4, push.groups, push.segment[s].table,
                                         push.segment[s].row + tile * kTileRows);
  const Unit unit = loadUnit(base, push.units, u, Row(r, 0));
  const float factor = loadFactor(base + tileQuads(push.units, push.groups), Row(r, 0));
  const int f = int(eighth) * GROUPS_PER_UNIT / 4;
  const vec3 p = params(source, unit, GROUPS_PER_UNIT == 1 ? u / push.unitsPerGroup : u, f, Row(r, 0));
  [[unroll]] for (int q = 0; q < 2; ++q) {
    const int m = int(eighth) * 2 + q;
    const vec4 w = rounded(decoded(unit, m, p, factor));
    [[unroll]] for (int c = 0; c < 4; ++c) weights[4 * m + c][row] = w[c];
  }
}

void stageInputs(uint firstToken, uint u) {
  for (uint i = gl_LocalInvocationID.x; i < tileTokens * 8; i += kMatMulTilesWorkgroup) {
    const uint t = i / 8, q = i & 7;
    vec4 x = vec4(0.0);
    if (firstToken + t < push.tokenCount) {
      x = rounded(loadArenaQuad(push.inQuad + (firstToken + t) * push.inStrideQuads + u * 8 + q));
    }
    [[unroll]] for (int c = 0; c < 4; ++c) inputs[q * 4 + c][t] = x[c];
  }
}

void main() {
  const uint firstToken = gl_WorkGroupID.y * tileTokens;
  uint s = 0, pair = gl_WorkGroupID.x;
  while (s + 1 < push.segments && pair >= (push.segment[s].tiles + 1) / 2) {
    pair -= (push.segment[s].tiles + 1) / 2;
    ++s;
  }
#ifdef NEEDS_TABLE
  prepareTable(push.segment[0].table);  // all segments have the same table
#endif
  const uint rowLane = gl_LocalInvocationID.x & 15, tokenLane = gl_LocalInvocationID.x >> 4;
  float sums[TOKENS_EACH][4];
  [[unroll]] for (int t = 0; t < TOKENS_EACH; ++t) {
    [[unroll]] for (int r = 0; r < 4; ++r) sums[t][r] = 0.0;
  }
  for (uint u = 0; u < push.units; ++u) {
    stageWeights(s, pair * kTilesTogether, u);
    stageInputs(firstToken, u);
    barrier();
    for (uint k = 0; k < kUnitValues; ++k) {
      float w[4];
      [[unroll]] for (int r = 0; r < 4; ++r) w[r] = weights[k][rowLane + 16 * r];
      [[unroll]] for (int t = 0; t < TOKENS_EACH; ++t) {
        const float x = inputs[k][tokenLane + 16 * t];
        [[unroll]] for (int r = 0; r < 4; ++r) sums[t][r] = fma(x, w[r], sums[t][r]);
      }
    }
    barrier();
  }
  [[unroll]] for (int t = 0; t < TOKENS_EACH; ++t) {
    const uint token = firstToken + tokenLane + 16 * t;
    [[unroll]] for (int r = 0; r < 4; ++r) {
      const uint row = pair * TILE_ROWS + rowLane + 16 * r;
      if (token >= push.tokenCount || row >= push.segment[s].tiles * kTileRows) continue;
      const uint at = token * push.segment[s].stride + row;
      float value = sums[t][r];
      if (push.segment[s].bias != kNone) value += constants[push.segment[s].bias + row];
      value = rounded(value);
      if (push.segment[s].residual != kNone) value += arena[push.segment[s].residual + at];
      arena[push.segment[s].result + at] = value;
    }
  }
}
