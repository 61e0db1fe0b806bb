// Appends keys and values of the batch to the layer's cache, rounded to FP16 where the cache is FP16.
// In the cache a head takes whole 8 elements, the last ones zero. One invocation per 32-bit word of a row.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/specialization.h"
QS_STORE_KV(QS_SPECIALIZE)
layout(push_constant) uniform Push { StoreKvPush push; };

float elementOf(uint head, uint headSize, uint e) { return e < headSize ? arena[head + e] : 0.0; }

uint wordOf(uint row, uint headSize, uint headWords, uint w) {
  const uint head = row + w / headWords * headSize, at = w % headWords;
  if (kvHalf == 0) return floatBitsToUint(elementOf(head, headSize, at));
  return packHalf2x16(vec2(elementOf(head, headSize, 2 * at), elementOf(head, headSize, 2 * at + 1)));
}

void main() {
  const uint w = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y, row = state.firstPosition + t;
  const uint keyWordsPerRow = push.keyHeadWords * push.kvHeads, valueWordsPerRow = push.valueHeadWords * push.kvHeads;
  if (w < keyWordsPerRow) {
    keyWords[row * keyWordsPerRow + w] = wordOf(push.key + t * push.keyStride, push.keyHead, push.keyHeadWords, w);
  } else if (w < keyWordsPerRow + valueWordsPerRow) {
    const uint v = w - keyWordsPerRow;
    valueWords[row * valueWordsPerRow + v] =
        wordOf(push.value + t * push.valueStride, push.valueHead, push.valueHeadWords, v);
  }
}
