// result[t] = weight · in[t] for GPUs, few tokens: a workgroup has a tile of 32 rows, or a part of one, each split among
// invocations that take every splits-th unit. Neighbouring invocations have neighbouring rows and read neighbouring words; the input
// is the same address for all of them. Sums meet in shared memory, so any subgroup size is right. Neighbouring workgroups have the same
// rows of the tokens: weights come from memory for the first of them, and for the others from the cache.
// An RMS norm of the input is computed by every workgroup for itself: a dispatch and its barrier cost more.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common/bindings.glsl"
#include "common/specialization.h"
layout(local_size_x_id = 2, local_size_y_id = 0, local_size_z = 1) in;
QS_MATMUL_ROWS(QS_SPECIALIZE)
#define SHARED_TABLE (rowsEach * splits)
#include "layout.glsl"
#include "common/matmul.glsl"
#include "common/decoded.glsl"
#include "common/compute_type.glsl"

shared float partial[2][splits][rowsEach];
#include "common/normed_input.glsl"
#include "common/rows_of_tile.glsl"

void main() {
  const uint lane = gl_LocalInvocationID.x, split = gl_LocalInvocationID.y;
  const uint groups = kTileRows / rowsEach;  // of a tile
  const uint r = gl_WorkGroupID.y % groups * rowsEach + lane;
  const Routed routed = routedBy(gl_WorkGroupID.x);
  if (!routed.isHere) return;  // the whole workgroup
  const uint token = routed.token, inQuad = push.inQuad + token * push.inStrideQuads + routed.inQuads;
  uint s = 0, tile = gl_WorkGroupID.y / groups;
  const bool swiGlu = push.segments == kSwiGluPairing;
  if (!swiGlu) {
    while (s + 1 < push.segments && tile >= push.segment[s].tiles) tile -= push.segment[s++].tiles;
  }
#ifdef NEEDS_TABLE
  prepareTable(push.segment[0].table);  // all segments have the same table
#endif
  if (normWidth > 0) normInput(inQuad);
  partial[0][split][lane] = rowOfTile(s, routed.tile + tile, inQuad, split, r);
  if (swiGlu) partial[1][split][lane] = rowOfTile(1, routed.tile + tile, inQuad, split, r);
  barrier();
  if (split != 0) return;
  float value = 0.0, second = 0.0;
  for (uint i = 0; i < splits; ++i) value += partial[0][i][lane];
  const uint row = tile * kTileRows + r;
  if (push.segment[s].bias != kNone) value += constants[push.segment[s].bias + routed.bias + row];
  value = rounded(value);
  const uint at = token * push.segment[s].stride + routed.result + row;
  if (swiGlu) {
    for (uint i = 0; i < splits; ++i) second += partial[1][i][lane];
    if (push.segment[1].bias != kNone) second += constants[push.segment[1].bias + routed.bias + row];
    value = silu(value) * rounded(second);
  } else if (push.segment[s].residual != kNone) {
    value += arena[push.segment[s].residual + at];
  }
  arena[push.segment[s].result + at] = value;
}
