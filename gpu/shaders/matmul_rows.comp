// out[t] = weight · in[t] for GPUs, few tokens: a workgroup has a tile of 32 rows, each split among SPLITS invocations
// that take every SPLITS-th unit. Neighbouring invocations have neighbouring rows and read neighbouring words; the input
// is the same address for all of them. Sums meet in shared memory, so any subgroup size is right.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
layout(local_size_x = 32, local_size_y_id = 0, local_size_z = 1) in;
layout(constant_id = 1) const uint SPLITS = 8;  // equal to the workgroup's y size
#include "common/bindings.glsl"
#include "layout.glsl"
#include "common/matmul_push.glsl"
#include "common/rows_of_tile.glsl"

shared float partial[2][SPLITS][32];

void main() {
  const uint r = gl_LocalInvocationID.x, split = gl_LocalInvocationID.y;
  const uint token = gl_WorkGroupID.y;
  uint s = 0, tile = gl_WorkGroupID.x;
  const bool swiGlu = push.pairing == kSwiGlu;
  if (!swiGlu) {
    while (s + 1 < push.segments && tile >= push.segment[s].tiles) tile -= push.segment[s++].tiles;
  }
#ifdef NEEDS_TABLE
  codeBookTable = push.segment[0].table;  // all segments have the same code book
#endif
  partial[0][split][r] = rowOfTile(s, tile, token, split, r);
  if (swiGlu) partial[1][split][r] = rowOfTile(1, tile, token, split, r);
  barrier();
  if (split != 0) return;
  float value = 0.0, second = 0.0;
  for (uint i = 0; i < SPLITS; ++i) value += partial[0][i][r];
  const uint row = tile * 32 + r;
  if (push.segment[s].bias != kNone) value += constants[push.segment[s].bias + row];
  const uint at = token * push.segment[s].stride + row;
  if (swiGlu) {
    for (uint i = 0; i < SPLITS; ++i) second += partial[1][i][r];
    if (push.segment[1].bias != kNone) second += constants[push.segment[1].bias + row];
    value = silu(value) * second;
  } else if (push.segment[s].residual != kNone) {
    value += arena[push.segment[s].residual + at];
  }
  arena[push.segment[s].out_ + at] = value;
}
