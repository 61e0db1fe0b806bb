// Causal grouped-query attention for GPUs: a workgroup of 128 per token and query head takes 128 positions at a time;
// first each invocation scores one position, then each sums one element of the values. Running softmax.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
layout(local_size_x = 128) in;
layout(constant_id = 1) const uint KV_HALF = 1;
layout(constant_id = 2) const uint KEY_OCTETS = 8;    // head size / 8, rounded up
layout(constant_id = 3) const uint VALUE_OCTETS = 8;  // value head size / 8, rounded up
layout(constant_id = 4) const uint COLUMNS = 64;      // power of two ≤ 128: invocations side by side along a value row
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/attention_push.glsl"

const uint SIZE = 128;
const uint PARTS = SIZE / COLUMNS;
const uint EACH = (VALUE_OCTETS * 8 + COLUMNS - 1) / COLUMNS;  // elements per invocation
#define kMinusInfinity uintBitsToFloat(0xFF800000u)
shared float query[KEY_OCTETS * 8];
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
  for (uint o = 0; o < KEY_OCTETS; ++o) {
    if (KV_HALF == 1) {
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
  if (KV_HALF == 0) return uintBitsToFloat(valueWords[word + d]);
  const vec2 pair = unpackHalf2x16(valueWords[word + d / 2]);
  return (d & 1) == 0 ? pair.x : pair.y;
}

void main() {
  const uint i = gl_LocalInvocationID.x, head = gl_WorkGroupID.x, token = gl_WorkGroupID.y;
  const uint kvHead = head / (push.heads / push.kvHeads);
  const uint position = firstPosition + token;
  const uint quadsPerOctet = KV_HALF == 1 ? 1 : 2;
  const uint keyRow = push.kvHeads * KEY_OCTETS * quadsPerOctet, keyHead = kvHead * KEY_OCTETS * quadsPerOctet;
  const uint wordsPerValue = VALUE_OCTETS * 4 * quadsPerOctet;
  for (uint d = i; d < KEY_OCTETS * 8; d += SIZE) {
    query[d] = d < push.headSize
                   ? arena[push.query + token * push.queryStride + head * push.headSize + d] * push.scale : 0.0;
  }
  barrier();
  const uint column = i % COLUMNS, part = i / COLUMNS;
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
        const uint d = column + n * COLUMNS;
        if (d < push.valueHeadSize) sums[n] += weights[j] * valueAt(word, d);
      }
    }
    barrier();
  }
  const uint at = push.out_ + token * push.outStride + head * push.valueHeadSize;
  [[unroll]] for (int n = 0; n < EACH; ++n) {
    scratch[i] = sums[n];
    barrier();
    if (part == 0) {
      float sum = 0.0;
      for (uint q = 0; q < PARTS; ++q) sum += scratch[q * COLUMNS + column];
      const uint d = column + n * COLUMNS;
      if (d < push.valueHeadSize) arena[at + d] = sum / total;
    }
    barrier();
  }
  if (head == 0) clearPadding(token);
}
