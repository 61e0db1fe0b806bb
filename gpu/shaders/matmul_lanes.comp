// result[t] = weight · in[t] for software renderers: one subgroup per workgroup, a lane has rows of its own, the input is
// handed round inside quads of lanes. No barriers, no shared memory; any subgroup size of at least 4 is right.
//
// Two tiles of 32 rows per workgroup share the input; a decoded weight serves tokensEach tokens.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_quad : require
#extension GL_KHR_shader_subgroup_shuffle : require
#define LANES
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/specialization.h"
QS_MATMUL_LANES(QS_SPECIALIZE)
#include "layout.glsl"
#include "common/matmul.glsl"
#include "common/compute_type.glsl"
#include "common/lanes_rounding.glsl"
#include "common/lanes_steps.glsl"

const int ROWS = 2 * laneRows;

// Sum over the lanes of a quad.
float quadSum(float x) {
  x += subgroupQuadSwapHorizontal(x);
  return x + subgroupQuadSwapVertical(x);
}

void main() {
  const uint lane = gl_LocalInvocationID.x;
  const uint quadLane = gl_SubgroupInvocationID & 3;
  const Routed routed = routedBy(gl_WorkGroupID.y);
  if (!routed.isHere) return;
  const uint firstToken = routed.token * tokensEach;  // one each where it is routed

  // Which two tiles: neighbours of one segment, or the same tile of gate and up.
  uint s0 = 0, s1 = 0, tile0, tile1;
  if (push.segments == kSwiGluPairing) {
    s1 = 1;
    tile0 = tile1 = gl_WorkGroupID.x;
  } else {
    uint pair = gl_WorkGroupID.x;
    const uint pairs0 = (push.segment[0].tiles + 1) / 2, pairs1 = (push.segment[1].tiles + 1) / 2;
    if (push.segments > 1 && pair >= pairs0) {
      s0 = 1;
      pair -= pairs0;
      if (push.segments > 2 && pair >= pairs1) {
        s0 = 2;
        pair -= pairs1;
      }
    }
    s1 = s0;
    tile0 = 2 * pair;
    tile1 = min(tile0 + 1, push.segment[s0].tiles - 1);
  }
  const uint perTile = tileQuads(push.units, push.groups);
  const uint stored[2] = uint[2](routed.tile + tile0, routed.tile + tile1);  // of the whole stack
  const uint base[2] = uint[2](push.segment[s0].base + stored[0] * perTile, push.segment[s1].base + stored[1] * perTile);
  ParamSource source[2];
  source[0] = paramSource((base[0] + unitQuads(push.units)) * 4, push.groups, push.segment[s0].table,
                          push.segment[s0].row + stored[0] * kTileRows);
  source[1] = paramSource((base[1] + unitQuads(push.units)) * 4, push.groups, push.segment[s1].table,
                          push.segment[s1].row + stored[1] * kTileRows);
  float factors[ROWS];
  [[unroll]] for (int r = 0; r < ROWS; ++r) {
    factors[r] = loadFactor(base[r / laneRows] + perTile, Row(lane * laneRows, r % laneRows));
  }
#ifdef NEEDS_TABLE
  prepareTable(push.segment[0].table);  // all segments have the same table
#endif

  float sums[tokensEach][ROWS];
  [[unroll]] for (int t = 0; t < tokensEach; ++t) {
    [[unroll]] for (int r = 0; r < ROWS; ++r) sums[t][r] = 0.0;
  }
  uint inputs[tokensEach];
  [[unroll]] for (int t = 0; t < tokensEach; ++t) {
    inputs[t] = push.inQuad + min(firstToken + t, push.tokenCount - 1) * push.inStrideQuads + routed.inQuads + quadLane;
  }

#ifdef OWN_LEVELS
  const bool isAcross = gl_WorkGroupSize.x == 8;
  if (isAcross) {
#include "common/lanes_learned.glsl"
  }
#else
  const bool isAcross = false;
#endif
  uint group = 0, unitOfGroup = 0;
  for (uint u = 0; u < push.units && !isAcross; ++u) {
    vec4 low[tokensEach], high[tokensEach];  // lane j of a quad has values 4j … 4j + 3 of each half unit
    [[unroll]] for (int t = 0; t < tokensEach; ++t) {
      low[t] = loadArenaQuad(inputs[t] + u * 8);
      high[t] = loadArenaQuad(inputs[t] + u * 8 + 4);
    }
    Unit unit[ROWS];
    [[unroll]] for (int r = 0; r < ROWS; ++r) {
      unit[r] = loadUnit(base[r / laneRows], push.units, u, Row(lane * laneRows, r % laneRows));
    }
    if (computeType == kComputeFp32) {
      float total[tokensEach][4];  // sums of the inputs of each quarter unit that has a scale of its own
#if HAS_ZERO || HAS_MINIMUM
      [[unroll]] for (int t = 0; t < tokensEach; ++t) {
        const float a = dot(low[t], vec4(1.0)), b = dot(high[t], vec4(1.0));
        if (GROUPS_PER_UNIT == 1) {
          total[t][0] = quadSum(a + b);
        } else if (GROUPS_PER_UNIT == 2) {
          total[t][0] = quadSum(a);
          total[t][1] = quadSum(b);
        } else {
          const float a2 = a + subgroupQuadSwapHorizontal(a), b2 = b + subgroupQuadSwapHorizontal(b);
          total[t][0] = subgroupQuadBroadcast(a2, 0);
          total[t][1] = subgroupQuadBroadcast(a2, 2);
          total[t][2] = subgroupQuadBroadcast(b2, 0);
          total[t][3] = subgroupQuadBroadcast(b2, 2);
        }
      }
#endif
      [[unroll]] for (int t = 0; t < tokensEach; ++t) {
        low[t] *= kInputScale;
        high[t] *= kInputScale;
      }
      float part[tokensEach][ROWS];
      [[unroll]] for (int t = 0; t < tokensEach; ++t) {
        [[unroll]] for (int r = 0; r < ROWS; ++r) part[t][r] = 0.0;
      }
      STEP(low, 0, 0)
      STEP(low, 1, 1)
      if (GROUPS_PER_UNIT == 4) { FLUSH(0) }
      STEP(low, 2, 2)
      STEP(low, 3, 3)
      if (GROUPS_PER_UNIT == 4) { FLUSH(1) }
      if (GROUPS_PER_UNIT == 2) { FLUSH(0) }
      STEP(high, 0, 4)
      STEP(high, 1, 5)
      if (GROUPS_PER_UNIT == 4) { FLUSH(2) }
      STEP(high, 2, 6)
      STEP(high, 3, 7)
      if (GROUPS_PER_UNIT == 4) { FLUSH(3) }
      if (GROUPS_PER_UNIT == 2) { FLUSH(1) }
      if (GROUPS_PER_UNIT == 1) { FLUSH(0) }
    } else {
      vec4 scales[ROWS], zeros[ROWS];
      float minima[ROWS];
      [[unroll]] for (int t = 0; t < tokensEach; ++t) {
        low[t] = rounded(low[t]) * kRoundedInput;
        high[t] = rounded(high[t]) * kRoundedInput;
      }
      ROUNDED_STEP(low, 0, 0)
      ROUNDED_STEP(low, 1, 1)
      ROUNDED_STEP(low, 2, 2)
      ROUNDED_STEP(low, 3, 3)
      ROUNDED_STEP(high, 0, 4)
      ROUNDED_STEP(high, 1, 5)
      ROUNDED_STEP(high, 2, 6)
      ROUNDED_STEP(high, 3, 7)
    }
    ++unitOfGroup;
    if (unitOfGroup == push.unitsPerGroup) {
      unitOfGroup = 0;
      ++group;
    }
  }

  [[unroll]] for (int t = 0; t < tokensEach; ++t) {
    const uint token = firstToken + t;
    if (token >= push.tokenCount) continue;
    [[unroll]] for (int r = 0; r < ROWS; ++r) {
      const bool second = r >= laneRows;
      const uint s = second ? s1 : s0;
      const uint row = (second ? tile1 : tile0) * kTileRows + lane * laneRows + r % laneRows;
      const uint at = token * push.segment[s].stride + routed.result + row;
      float value = sums[t][r];
      if (computeType == kComputeFp32)
        value *= factors[r];
      else if (!isAcross)
        value *= kRoundedSum;  // rounded weights have their factors already
      if (push.segment[s].bias != kNone) value += loadConstant(push.segment[s].bias + routed.bias + row);
      sums[t][r] = value = rounded(value);
      if (push.segments == kSwiGluPairing) {
        if (second) arena[push.segment[0].result + at] = silu(sums[t][r - laneRows]) * value;
        continue;
      }
      if (second && tile1 == tile0) continue;  // an odd number of tiles: the last one has no neighbour
      if (push.segment[s].residual != kNone) value += arena[push.segment[s].residual + at];
      arena[push.segment[s].result + at] = value;
    }
  }
}
