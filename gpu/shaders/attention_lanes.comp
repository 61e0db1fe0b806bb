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

// Elements 8 · octet … of a head, bytes without their scale.
#define UNPACK(NAME, LOAD)                                                                    \
  void NAME(uint quad, int octet, out float x[8]) {                                           \
    if (kvKind == kKvHalves) {                                                                \
      const uvec4 words = LOAD(quad + octet);                                                 \
      [[unroll]] for (int c = 0; c < 4; ++c) {                                                \
        const vec2 pair = unpackHalf2x16(words[c]);                                           \
        x[2 * c] = pair.x;                                                                    \
        x[2 * c + 1] = pair.y;                                                                \
      }                                                                                       \
      return;                                                                                 \
    }                                                                                         \
    vec4 low, high;                                                                           \
    if (kvKind == kKvBytes) {                                                                 \
      const uvec4 words = LOAD(quad + octet / 2);                                             \
      low = bytesOfWord((octet & 1) == 0 ? words.x : words.z);                                \
      high = bytesOfWord((octet & 1) == 0 ? words.y : words.w);                               \
    } else {                                                                                  \
      low = uintBitsToFloat(LOAD(quad + 2 * octet));                                          \
      high = uintBitsToFloat(LOAD(quad + 2 * octet + 1));                                     \
    }                                                                                         \
    [[unroll]] for (int c = 0; c < 4; ++c) {                                                  \
      x[c] = low[c];                                                                          \
      x[4 + c] = high[c];                                                                     \
    }                                                                                         \
  }
UNPACK(unpackKey, loadKeyQuad)
UNPACK(unpackValue, loadValueQuad)

void main() {
  const uint lane = gl_LocalInvocationID.x, quadLane = gl_SubgroupInvocationID & 3;
  const uint firstHead = gl_WorkGroupID.x * headsEach, token = gl_WorkGroupID.y;
  const uint kvHead = firstHead / (push.heads / push.kvHeads);
  const uint position = lastVisible(token), begin = firstVisible(position);
  const uint keyRow = kvRowQuads(push.kvHeads, keyOctets, kvKind), keyHead = kvHead * kvHeadQuads(keyOctets, kvKind);
  const uint valueRow = kvRowQuads(push.kvHeads, valueOctets, kvKind),
             valueHead = kvHead * kvHeadQuads(valueOctets, kvKind);

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
#define KEY_STEP(OCTET, J, FROM)                                                                \
  [[unroll]] for (int c = 0; c < 4; ++c) {                                                      \
    [[unroll]] for (int h = 0; h < headsEach; ++h) {                                                \
      score[h] = fma(subgroupQuadBroadcast(query[h][(OCTET) / 2][c], J), key[FROM + c], score[h]); \
    }                                                                                           \
  }
    [[unroll]] for (int o = 0; o < keyOctets; o += 2) {
      float key[8];
      unpackKey(p * keyRow + keyHead, o, key);
      KEY_STEP(o, 0, 0)
      KEY_STEP(o, 1, 4)
      if (o + 1 < keyOctets) {
        unpackKey(p * keyRow + keyHead, o + 1, key);
        KEY_STEP(o, 2, 0)
        KEY_STEP(o, 3, 4)
      }
    }
    if (kvKind == kKvBytes) {
      const float scale =
          uintBitsToFloat(loadKeyQuad(p * keyRow + push.kvHeads * kvHeadQuads(keyOctets, kvKind) + kvHead / 4)[kvHead % 4]);
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
    if (kvKind == kKvBytes) {
      const float scale = uintBitsToFloat(
          loadValueQuad(p * valueRow + push.kvHeads * kvHeadQuads(valueOctets, kvKind) + kvHead / 4)[kvHead % 4]);
      [[unroll]] for (int h = 0; h < headsEach; ++h) weight[h] *= scale;
    }
    [[unroll]] for (int o = 0; o < valueOctets; ++o) {
      float value[8];
      unpackValue(p * valueRow + valueHead, o, value);
      [[unroll]] for (int h = 0; h < headsEach; ++h) {
        [[unroll]] for (int i = 0; i < 8; ++i) {
          sums[h][o * 8 + i] = fma(weight[h], value[i], sums[h][o * 8 + i] * correction[h]);
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
