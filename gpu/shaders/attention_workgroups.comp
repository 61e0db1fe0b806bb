// Grouped-query attention for GPUs: a workgroup per token and query head takes as many positions at a time
// as it has invocations; first each invocation scores one position, then each sums eight elements of the values of
// every PARTS-th position. Running softmax.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/attention.glsl"
#include "common/specialization.h"
#include "common/reduce.glsl"
QS_ATTENTION_WORKGROUPS(QS_SPECIALIZE)
#include "common/kv_octets.glsl"
QS_REDUCE(largestOf, max)
QS_REDUCE(sumOf, QS_ADD)

const uint SIZE = gl_WorkGroupSize.x;
const uint PARTS = SIZE / columns;                        // positions side by side
const uint EACH = (valueOctets + columns - 1) / columns;  // octets per invocation
const uint TOGETHER = 4;                                  // positions that an invocation fetches at once
#define kMinusInfinity uintBitsToFloat(0xFF800000u)
shared vec4 query[keyOctets * 2];
shared float weights[SIZE];
shared vec4 handed[SIZE];  // the sums of half the invocations

float scoreOf(uint row, uint kvHead) {
  vec4 score = vec4(0.0);
  for (uint o = 0; o < keyOctets; ++o) {
    const Octet key = loadKeyOctet(row, kvHead, o);
    score = fma(query[2 * o], key.low, score);
    score = fma(query[2 * o + 1], key.high, score);
  }
  return dot(score, vec4(1.0));
}

void main() {
  const uint i = gl_LocalInvocationID.x, head = gl_WorkGroupID.x, token = gl_WorkGroupID.y;
  const uint kvHead = head / (push.heads / push.kvHeads);
  const uint position = lastVisible(token);
  const uint keyRow = kvRowQuads(push.kvHeads, keyOctets, keyKind);
  const uint valueRow = kvRowQuads(push.kvHeads, valueOctets, valueKind);
  for (uint d = i; d < keyOctets * 8; d += SIZE) {
    query[d / 4][d % 4] = d < push.headSize
        ? arena[push.query + token * push.queryStride + head * push.headSize + d] * push.scale : 0.0;
  }
  barrier();
  const uint column = i % columns, part = i / columns;
  Octet sums[EACH];
  [[unroll]] for (int n = 0; n < EACH; ++n) sums[n] = Octet(vec4(0.0), vec4(0.0));
  float maximum = kMinusInfinity, total = 0.0;  // the total of this invocation's positions
  for (uint first = firstVisible(position); first <= position; first += SIZE) {
    const bool seen = first + i <= position;
    float score = seen ? scoreOf((first + i) * keyRow, kvHead) : kMinusInfinity;
    if (keyKind == kKvBytes && seen) score *= keyScale((first + i) * keyRow, kvHead);
    if (seen) score = capped(score);
    const float larger = max(maximum, largestOf(score));  // finite: the tile's first position is always seen
    const float correction = exp(maximum - larger);       // 0 in the first tile
    const float weight = seen ? exp(score - larger) : 0.0;
    maximum = larger;
    weights[i] = weight;
    if (valueKind == kKvBytes && seen) weights[i] *= valueScale((first + i) * valueRow, kvHead);
    total = total * correction + weight;
    barrier();
    const uint count = min(SIZE, position + 1 - first);
    [[unroll]] for (int n = 0; n < EACH; ++n) {
      sums[n].low *= correction;
      sums[n].high *= correction;
      const uint octet = column + n * columns;
      for (uint j = part; j < count && octet < valueOctets; j += TOGETHER * PARTS) {
        Octet values[TOGETHER];
        [[unroll]] for (uint k = 0; k < TOGETHER; ++k)
          values[k] = loadValueOctet((first + min(j + k * PARTS, count - 1)) * valueRow, kvHead, octet);
        [[unroll]] for (uint k = 0; k < TOGETHER; ++k) {
          if (j + k * PARTS >= count) continue;
          sums[n].low = fma(vec4(weights[j + k * PARTS]), values[k].low, sums[n].low);
          sums[n].high = fma(vec4(weights[j + k * PARTS]), values[k].high, sums[n].high);
        }
      }
    }
  }
  total = sumOf(total);
  // A sink may be larger than every score by so much that these vanish, not the other way round.
  const float sink = push.sinks == kNone ? kMinusInfinity : constants[push.sinks + head];
  const float largest = max(maximum, sink), kept = exp(maximum - largest);
  if (push.sinks != kNone) total = total * kept + exp(sink - largest);
  const uint result = push.result + token * push.resultStride + head * push.valueHeadSize;
  [[unroll]] for (int n = 0; n < EACH; ++n) {
    for (uint step = PARTS / 2; step > 0; step /= 2) {
      if (part >= step && part < 2 * step) {
        const uint at = ((part - step) * columns + column) * 2;
        handed[at] = sums[n].low;
        handed[at + 1] = sums[n].high;
      }
      barrier();
      if (part < step) {
        sums[n].low += handed[i * 2];
        sums[n].high += handed[i * 2 + 1];
      }
      barrier();
    }
    if (part != 0) continue;
    [[unroll]] for (int c = 0; c < 8; ++c) {
      const uint d = (column + n * columns) * 8 + c;
      if (d < push.valueHeadSize) arena[result + d] = (c < 4 ? sums[n].low[c] : sums[n].high[c - 4]) * kept / total;
    }
  }
  if (head == 0) clearPadding(token);
}
