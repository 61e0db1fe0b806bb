// Causal grouped-query attention for GPUs: a workgroup per token and query head takes as many positions at a time
// as it has invocations; first each invocation scores one position, then each sums one element of the values. Running softmax.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/attention.glsl"
#include "common/specialization.h"
layout(local_size_x = kAttentionWorkgroup) in;
QS_ATTENTION_WORKGROUPS(QS_SPECIALIZE)

const uint SIZE = kAttentionWorkgroup;
const uint PARTS = SIZE / columns;
const uint EACH = (valueOctets * 8 + columns - 1) / columns;  // elements per invocation
#define kMinusInfinity uintBitsToFloat(0xFF800000u)
shared float query[keyOctets * 8];
shared float weights[SIZE];
shared float scratch[SIZE];

float reduceMax(float value) {
  const uint i = gl_LocalInvocationID.x;
  scratch[i] = value;
  barrier();
  for (uint step = SIZE / 2; step > 0; step /= 2) {
    if (i < step) scratch[i] = max(scratch[i], scratch[i + step]);
    barrier();
  }
  const float result = scratch[0];
  barrier();
  return result;
}

float reduceAdd(float value) {
  const uint i = gl_LocalInvocationID.x;
  scratch[i] = value;
  barrier();
  for (uint step = SIZE / 2; step > 0; step /= 2) {
    if (i < step) scratch[i] += scratch[i + step];
    barrier();
  }
  const float result = scratch[0];
  barrier();
  return result;
}

float scoreOf(uint keyQuad) {
  float score = 0.0;
  for (uint o = 0; o < keyOctets; ++o) {
    if (kvHalf == 1) {
      const uvec4 words = loadKeyQuad(keyQuad + o);
      [[unroll]] for (int c = 0; c < 4; ++c) {
        const vec2 pair = unpackHalf2x16(words[c]);
        score += query[o * 8 + 2 * c] * pair.x + query[o * 8 + 2 * c + 1] * pair.y;
      }
    } else {
      [[unroll]] for (int half_ = 0; half_ < 2; ++half_) {
        const vec4 key = uintBitsToFloat(loadKeyQuad(keyQuad + 2 * o + half_));
        [[unroll]] for (int c = 0; c < 4; ++c) score += query[o * 8 + half_ * 4 + c] * key[c];
      }
    }
  }
  return score;
}

float valueAt(uint word, uint d) {
  if (kvHalf == 0) return uintBitsToFloat(valueWords[word + d]);
  const vec2 pair = unpackHalf2x16(valueWords[word + d / 2]);
  return (d & 1) == 0 ? pair.x : pair.y;
}

void main() {
  const uint i = gl_LocalInvocationID.x, head = gl_WorkGroupID.x, token = gl_WorkGroupID.y;
  const uint kvHead = head / (push.heads / push.kvHeads);
  const uint position = state.firstPosition + token;
  const uint quadsPerOctet = kvHalf == 1 ? 1 : 2;
  const uint keyRow = push.kvHeads * keyOctets * quadsPerOctet, keyHead = kvHead * keyOctets * quadsPerOctet;
  const uint wordsPerValue = valueOctets * 4 * quadsPerOctet;
  for (uint d = i; d < keyOctets * 8; d += SIZE) {
    query[d] = d < push.headSize
                   ? arena[push.query + token * push.queryStride + head * push.headSize + d] * push.scale : 0.0;
  }
  barrier();
  const uint column = i % columns, part = i / columns;
  float sums[EACH];
  [[unroll]] for (int n = 0; n < EACH; ++n) sums[n] = 0.0;
  float maximum = kMinusInfinity, total = 0.0;
  for (uint first = firstVisible(position); first <= position; first += SIZE) {
    const bool seen = first + i <= position;
    const float score = seen ? scoreOf((first + i) * keyRow + keyHead) : kMinusInfinity;
    const float larger = max(maximum, reduceMax(score));  // finite: the tile's first position is always seen
    const float correction = exp(maximum - larger);       // 0 in the first tile
    const float weight = seen ? exp(score - larger) : 0.0;
    maximum = larger;
    weights[i] = weight;
    total = total * correction + reduceAdd(weight);
    const uint count = min(SIZE, position + 1 - first);
    [[unroll]] for (int n = 0; n < EACH; ++n) sums[n] *= correction;
    for (uint j = part; j < count; j += PARTS) {
      const uint word = ((first + j) * push.kvHeads + kvHead) * wordsPerValue;
      [[unroll]] for (int n = 0; n < EACH; ++n) {
        const uint d = column + n * columns;
        if (d < push.valueHeadSize) sums[n] += weights[j] * valueAt(word, d);
      }
    }
    barrier();
  }
  const uint at = push.result + token * push.resultStride + head * push.valueHeadSize;
  [[unroll]] for (int n = 0; n < EACH; ++n) {
    scratch[i] = sums[n];
    barrier();
    if (part == 0) {
      float sum = 0.0;
      for (uint q = 0; q < PARTS; ++q) sum += scratch[q * columns + column];
      const uint d = column + n * columns;
      if (d < push.valueHeadSize) arena[at + d] = sum / total;
    }
    barrier();
  }
  if (head == 0) clearPadding(token);
}
