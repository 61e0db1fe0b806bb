// result[t] = weight · in[t] for GPUs, many tokens: a workgroup computes 64 rows × tileTokens tokens. A unit of 32 values
// at a time is decoded into shared memory once and used for all tokens of the tile; the next one is fetched meanwhile.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common/bindings.glsl"
#include "common/specialization.h"
layout(local_size_x = kMatMulTilesWorkgroup) in;
QS_MATMUL_TILES(QS_SPECIALIZE)
#define SHARED_TABLE kMatMulTilesWorkgroup
#include "layout.glsl"
const uint isRouted = 0;  // products of experts go through matmul_rows
#include "common/matmul.glsl"
#include "common/decoded.glsl"
#include "common/compute_type.glsl"

const uint TILE_ROWS = kTilesTogether * kTileRows;
const uint TOKENS_EACH = tileTokens / 16;  // a thread has 4 rows × TOKENS_EACH tokens
const uint INPUTS_EACH = 2;                // quads of the inputs that a thread brings, at 64 tokens
// In quads, as a thread's four rows are read at once; one more against bank conflicts.
shared vec4 weights[kUnitValues][TILE_ROWS / 4 + 1];
shared float inputs[kUnitValues][tileTokens + 1];

// What an invocation brings of the next unit: 8 values of one row, and quads of the inputs.
struct Fetched {
  Unit unit;
  vec3 params;
  vec4 x[INPUTS_EACH];
};

// Where the invocation's row lies.
struct RowPlace {
  uint base;
  uint row, eighth;
  ParamSource source;
  float factor;
};

RowPlace placeOf(uint s, uint firstTile) {
  RowPlace place;
  place.row = gl_LocalInvocationID.x & 63;
  place.eighth = gl_LocalInvocationID.x >> 6;
  const uint tile = min(firstTile + place.row / kTileRows, push.segment[s].tiles - 1);
  place.base = push.segment[s].base + tile * tileQuads(push.units, push.groups);
  place.source = paramSource((place.base + unitQuads(push.units)) * 4, push.groups, push.segment[s].table,
                             push.segment[s].row + tile * kTileRows);
  place.factor = loadFactor(place.base + tileQuads(push.units, push.groups), Row(place.row % kTileRows, 0));
  return place;
}

Fetched fetch(RowPlace place, uint firstToken, uint u) {
  Fetched fetched;
  const Row row = Row(place.row % kTileRows, 0);
  fetched.unit = loadUnit(place.base, push.units, u, row);
  fetched.params = params(place.source, fetched.unit, GROUPS_PER_UNIT == 1 ? u / push.unitsPerGroup : u,
                          int(place.eighth) * GROUPS_PER_UNIT / 4, row);
  [[unroll]] for (uint n = 0; n < INPUTS_EACH; ++n) {
    const uint i = gl_LocalInvocationID.x + n * kMatMulTilesWorkgroup, token = firstToken + i / 8;
    fetched.x[n] = vec4(0.0);
    if (i < tileTokens * 8 && token < push.tokenCount)
      fetched.x[n] = loadArenaQuad(push.inQuad + token * push.inStrideQuads + u * 8 + (i & 7));
  }
  return fetched;
}

void stage(RowPlace place, Fetched fetched) {
  [[unroll]] for (int q = 0; q < 2; ++q) {
    const int m = int(place.eighth) * 2 + q;
    const vec4 w = rounded(decoded(fetched.unit, m, fetched.params, place.factor));
    [[unroll]] for (int c = 0; c < 4; ++c) weights[4 * m + c][place.row / 4][place.row % 4] = w[c];
  }
  [[unroll]] for (uint n = 0; n < INPUTS_EACH; ++n) {
    const uint i = gl_LocalInvocationID.x + n * kMatMulTilesWorkgroup;
    if (i >= tileTokens * 8) continue;
    const vec4 x = rounded(fetched.x[n]);
    [[unroll]] for (int c = 0; c < 4; ++c) inputs[(i & 7) * 4 + c][i / 8] = x[c];
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
  vec4 sums[TOKENS_EACH];
  [[unroll]] for (int t = 0; t < TOKENS_EACH; ++t) sums[t] = vec4(0.0);
  const RowPlace place = placeOf(s, pair * kTilesTogether);
  Fetched fetched = fetch(place, firstToken, 0);
  for (uint u = 0; u < push.units; ++u) {
    stage(place, fetched);
    barrier();
    if (u + 1 < push.units) fetched = fetch(place, firstToken, u + 1);
    for (uint k = 0; k < kUnitValues; ++k) {
      const vec4 w = weights[k][rowLane];
      [[unroll]] for (int t = 0; t < TOKENS_EACH; ++t) sums[t] = fma(vec4(inputs[k][tokenLane + 16 * t]), w, sums[t]);
    }
    barrier();
  }
  [[unroll]] for (int t = 0; t < TOKENS_EACH; ++t) {
    const uint token = firstToken + tokenLane + 16 * t, row = pair * TILE_ROWS + rowLane * 4;
    if (token >= push.tokenCount || row >= push.segment[s].tiles * kTileRows) continue;
    const uint at = token * push.segment[s].stride + row;
    vec4 value = sums[t];
    if (push.segment[s].bias != kNone) {
      [[unroll]] for (int r = 0; r < 4; ++r) value[r] += constants[push.segment[s].bias + row + r];
    }
    value = rounded(value);
    if (push.segment[s].residual != kNone) value += loadArenaQuad((push.segment[s].residual + at) / 4);
    arenaQuads[(push.segment[s].result + at) / 4] = value;
  }
}
