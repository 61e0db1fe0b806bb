// Grouped-query attention for software renderers: one subgroup per token and headsEach query heads that share a key
// head; a lane has every LANES-th position, with a running softmax of its own, and they meet at the end. No barriers.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_quad : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#define LANES
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/attention.glsl"
#include "common/specialization.h"
QS_ATTENTION_LANES(QS_SPECIALIZE)
#include "common/kv_octets.glsl"

const int QUERY_QUADS = (keyOctets + 1) / 2;  // of 16 values, four per lane of a quad
#define kMinusInfinity uintBitsToFloat(0xFF800000u)

// Values 4 · i … of a head's query.
vec4 queryQuad(uint head, uint i) {
  if (i * 4 >= push.headSize) return vec4(0.0);
  const uint at = head + i * 4;
  if (wholeQuads == 1) return loadArenaQuad(at / 4);
  vec4 q = vec4(0.0);
  [[unroll]] for (int c = 0; c < 4; ++c) {
    if (i * 4 + c < push.headSize) q[c] = arena[at + c];
  }
  return q;
}

void main() {
  const uint lane = gl_LocalInvocationID.x, quadLane = gl_SubgroupInvocationID & 3;
  const uint firstHead = gl_WorkGroupID.x * headsEach, token = gl_WorkGroupID.y;
  const uint kvHead = firstHead / (push.heads / push.kvHeads);
  const uint position = lastVisible(token), begin = firstVisible(position);
  const uint keyRow = kvRowQuads(push.kvHeads, keyOctets, keyKind);
  const uint valueRow = kvRowQuads(push.kvHeads, valueOctets, valueKind);

  vec4 query[headsEach][QUERY_QUADS];
  float sums[headsEach][valueOctets * 8];
  float maximum[headsEach], total[headsEach];
  [[unroll]] for (int h = 0; h < headsEach; ++h) {
    const uint head = push.query + token * push.queryStride + (firstHead + h) * push.headSize;
    [[unroll]] for (int m = 0; m < QUERY_QUADS; ++m) query[h][m] = queryQuad(head, 4 * m + quadLane) * push.scale;
    [[unroll]] for (int d = 0; d < valueOctets * 8; ++d) sums[h][d] = 0.0;
    maximum[h] = kMinusInfinity;
    total[h] = 0.0;
  }

  for (uint first = begin; first <= position; first += gl_WorkGroupSize.x) {
    const bool seen = first + lane <= position;
    const uint p = min(first + lane, position);
    float score[headsEach];
    [[unroll]] for (int h = 0; h < headsEach; ++h) score[h] = 0.0;
#define KEY_STEP(OCTET, J, QUAD)                                                               \
  [[unroll]] for (int c = 0; c < 4; ++c) {                                                     \
    [[unroll]] for (int h = 0; h < headsEach; ++h) {                                           \
      score[h] = fma(subgroupQuadBroadcast(query[h][(OCTET) / 2][c], J), QUAD[c], score[h]); \
    }                                                                                          \
  }
    [[unroll]] for (int o = 0; o < keyOctets; o += 2) {
      Octet key = loadKeyOctet(p * keyRow, kvHead, o);
      KEY_STEP(o, 0, key.low)
      KEY_STEP(o, 1, key.high)
      if (o + 1 < keyOctets) {
        key = loadKeyOctet(p * keyRow, kvHead, o + 1);
        KEY_STEP(o, 2, key.low)
        KEY_STEP(o, 3, key.high)
      }
    }
    if (keyKind == kKvBytes) {
      const float scale = keyScale(p * keyRow, kvHead);
      [[unroll]] for (int h = 0; h < headsEach; ++h) score[h] *= scale;
    }
    if (push.softCap != 0.0) {
      [[unroll]] for (int h = 0; h < headsEach; ++h) score[h] = capped(score[h]);
    }
    float weight[headsEach], correction[headsEach];
    [[unroll]] for (int h = 0; h < headsEach; ++h) {
      const float larger = seen ? max(maximum[h], score[h]) : maximum[h];
      // A lane that has not seen a position yet has no maximum; its sums are zero and stay so.
      correction[h] = larger == kMinusInfinity ? 1.0 : exp(maximum[h] - larger);
      weight[h] = seen ? exp(score[h] - larger) : 0.0;
      maximum[h] = larger;
      total[h] = total[h] * correction[h] + weight[h];
    }
    if (valueKind == kKvBytes) {
      const float scale = valueScale(p * valueRow, kvHead);
      [[unroll]] for (int h = 0; h < headsEach; ++h) weight[h] *= scale;
    }
    [[unroll]] for (int o = 0; o < valueOctets; ++o) {
      const Octet value = loadValueOctet(p * valueRow, kvHead, o);
      [[unroll]] for (int h = 0; h < headsEach; ++h) {
        [[unroll]] for (int c = 0; c < 4; ++c) {
          const int low = o * 8 + c, high = low + 4;
          sums[h][low] = fma(weight[h], value.low[c], sums[h][low] * correction[h]);
          sums[h][high] = fma(weight[h], value.high[c], sums[h][high] * correction[h]);
        }
      }
    }
  }

  [[unroll]] for (int h = 0; h < headsEach; ++h) {
    const float sink = push.sinks == kNone ? kMinusInfinity : loadConstant(push.sinks + firstHead + h);
    const float largest = max(subgroupMax(maximum[h]), sink);
    const float factor = maximum[h] == kMinusInfinity ? 0.0 : exp(maximum[h] - largest);
    const float ofSink = push.sinks == kNone ? 0.0 : exp(sink - largest);
    const float inverse = 1.0 / (subgroupAdd(total[h] * factor) + ofSink);
    const uint at = push.result + token * push.resultStride + (firstHead + h) * push.valueHeadSize;
    [[unroll]] for (int o = 0; o < valueOctets; ++o) {
      [[unroll]] for (int i = 0; i < 8; ++i) {
        const uint d = o * 8 + i;
        const float sum = subgroupAdd(sums[h][d] * factor) * inverse;
        if (lane == (d & (gl_WorkGroupSize.x - 1)) && d < push.valueHeadSize) arena[at + d] = sum;
      }
    }
  }
  if (gl_WorkGroupID.x == 0) clearPadding(token);
}
