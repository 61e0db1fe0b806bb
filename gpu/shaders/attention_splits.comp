// Attention of few tokens for GPUs ("flash-decoding", Dao et al., 2023): a workgroup per token, part of the positions and
// up to eight query heads that share a key head, so that a long context fills the device and keys and values are read
// once. Four invocations score a position; then each sums eight elements of the values of every PARTS-th position.
// Running softmax over tiles. attention_merge joins the parts.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/attention.glsl"
#include "common/specialization.h"
QS_ATTENTION_SPLITS(QS_SPECIALIZE)
#include "common/kv_octets.glsl"

const uint SIZE = gl_WorkGroupSize.x;
const uint SCORERS = 4;               // invocations that score a position
const uint SIDE = SIZE / SCORERS;     // positions that are scored side by side
const uint TILE = kAttentionTile;     // positions between two corrections of the sums
const uint PARTS = SIZE / columns;    // positions whose values are summed side by side
const uint TOGETHER = 4;              // positions whose values an invocation fetches at once
const uint EXPONENTS = kAttentionExponents;  // invocations that share a head's weights
#define kMinusInfinity uintBitsToFloat(0xFF800000u)
shared vec4 query[headsEach * keyOctets * 2];
shared float weights[headsEach * TILE];  // scores, then exp(score - largest)
shared vec4 exchanged[SIZE * 2];         // scores by quarters, sums of one head by PARTS
shared float perHead[headsEach * EXPONENTS], corrections[headsEach];

void main() {
  const uint i = gl_LocalInvocationID.x, token = gl_WorkGroupID.y;
  const uint split = gl_WorkGroupID.x % push.splits, firstHead = gl_WorkGroupID.x / push.splits * headsEach;
  const uint kvHead = firstHead / (push.heads / push.kvHeads);
  const uint position = lastVisible(token), begin = firstVisible(position);
  const uint keyRow = kvRowQuads(push.kvHeads, keyOctets, keyKind);
  const uint valueRow = kvRowQuads(push.kvHeads, valueOctets, valueKind);
  const uint wished = (position + 1 - begin + push.splits - 1) / push.splits, each = (wished + SIDE - 1) / SIDE * SIDE;
  const uint start = begin + split * each, end = min(start + each, position + 1);
  const uint stride = attentionPartStride(push.valueHeadSize),
             part = push.parts + ((token * push.heads + firstHead) * push.splits + split) * stride;
  if (start >= end) {
    if (i < headsEach) arena[part + i * push.splits * stride + 1] = 0.0;
    return;
  }

  for (uint d = i; d < headsEach * keyOctets * 8; d += SIZE) {
    const uint head = d / (keyOctets * 8), element = d % (keyOctets * 8);
    query[d / 4][d % 4] = element < push.headSize
        ? arena[push.query + token * push.queryStride + (firstHead + head) * push.headSize + element] * push.scale : 0.0;
  }
  const uint column = i % columns, side = i / columns;
  const uint weightHead = i / EXPONENTS, weightLane = i % EXPONENTS;  // invocations from headsEach * EXPONENTS on have none
  Octet sums[headsEach];
  [[unroll]] for (int h = 0; h < headsEach; ++h) sums[h] = Octet(vec4(0.0), vec4(0.0));
  float maximum = kMinusInfinity, total = 0.0;  // of weightHead; the total of this invocation's positions
  for (uint first = start; first < end; first += TILE) {
    const uint count = min(TILE, end - first);
    for (uint base = 0; base < count; base += SIDE) {
      barrier();  // the query is there, and the scores before were joined
      const uint at = first + min(base + i / SCORERS, count - 1);
      float score[headsEach];
      [[unroll]] for (int h = 0; h < headsEach; ++h) score[h] = 0.0;
      for (uint n = 0; n < keyOctets; n += SCORERS) {
        const uint o = n + i % SCORERS;
        if (o >= keyOctets) continue;
        const Octet key = loadKeyOctet(at * keyRow, kvHead, o);
        [[unroll]] for (int h = 0; h < headsEach; ++h) {
          const uint of = (h * keyOctets + o) * 2;
          score[h] += dot(query[of], key.low) + dot(query[of + 1], key.high);
        }
      }
      [[unroll]] for (int h = 0; h < headsEach; ++h) exchanged[h * SIDE + i / SCORERS][i % SCORERS] = score[h];
      barrier();
      for (uint n = i; n < headsEach * SIDE; n += SIZE) {
        const uint p = base + n % SIDE;
        float joined = dot(exchanged[n], vec4(1.0));
        if (keyKind == kKvBytes && p < count) joined *= keyScale((first + p) * keyRow, kvHead);
        weights[n / SIDE * TILE + p] = p < count ? capped(joined) : kMinusInfinity;
      }
    }
    barrier();
    if (weightHead < headsEach) {
      float largest = kMinusInfinity;
      for (uint p = weightLane; p < count; p += EXPONENTS) largest = max(largest, weights[weightHead * TILE + p]);
      perHead[i] = largest;
    }
    barrier();
    if (weightHead < headsEach) {
      float larger = maximum;
      for (uint k = 0; k < EXPONENTS; ++k) larger = max(larger, perHead[weightHead * EXPONENTS + k]);
      const float correction = exp(maximum - larger);  // 0 in the first tile
      maximum = larger;
      total *= correction;
      if (weightLane == 0) corrections[weightHead] = correction;
      for (uint p = weightLane; p < count; p += EXPONENTS) {
        float weight = exp(weights[weightHead * TILE + p] - larger);
        total += weight;
        if (valueKind == kKvBytes) weight *= valueScale((first + p) * valueRow, kvHead);
        weights[weightHead * TILE + p] = weight;
      }
    }
    barrier();
    [[unroll]] for (int h = 0; h < headsEach; ++h) {
      sums[h].low *= corrections[h];
      sums[h].high *= corrections[h];
    }
    for (uint j = side; j < count && column < valueOctets; j += TOGETHER * PARTS) {
      Octet values[TOGETHER];
      [[unroll]] for (uint k = 0; k < TOGETHER; ++k)
        values[k] = loadValueOctet((first + min(j + k * PARTS, count - 1)) * valueRow, kvHead, column);
      [[unroll]] for (uint k = 0; k < TOGETHER; ++k) {
        if (j + k * PARTS >= count) continue;
        [[unroll]] for (int h = 0; h < headsEach; ++h) {
          const float weight = weights[h * TILE + j + k * PARTS];
          sums[h].low = fma(vec4(weight), values[k].low, sums[h].low);
          sums[h].high = fma(vec4(weight), values[k].high, sums[h].high);
        }
      }
    }
    barrier();  // before the weights are overwritten
  }

  if (weightHead < headsEach) perHead[i] = total;
  [[unroll]] for (int h = 0; h < headsEach; ++h) {
    const uint result = part + h * push.splits * stride;
    exchanged[i * 2] = sums[h].low;
    exchanged[i * 2 + 1] = sums[h].high;
    barrier();
    for (uint d = i; d < push.valueHeadSize; d += SIZE) {
      float sum = 0.0;
      for (uint k = 0; k < PARTS; ++k) sum += exchanged[k * columns * 2 + d / 4][d % 4];
      arena[result + 2 + d] = sum;
    }
    if (weightHead == h && weightLane == 0) {
      float all = 0.0;
      for (uint k = 0; k < EXPONENTS; ++k) all += perHead[i + k];
      arena[result] = maximum;
      arena[result + 1] = all;
    }
    barrier();
  }
}
