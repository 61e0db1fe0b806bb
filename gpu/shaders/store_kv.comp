// Appends keys and values of the batch to the layer's cache, rounded to what it holds. In the cache a head takes whole
// octets (bytes: whole quads of 16), the last elements zero. One invocation per 32-bit word of a row, or per head where
// a cache of bytes has a scale for each (core/model/kv_cache.h, bit for bit).
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/nearest_half.glsl"
#include "common/row_scale.glsl"
#include "common/specialization.h"
QS_STORE_KV(QS_SPECIALIZE)
layout(push_constant) uniform Push { StoreKvPush push; };

float elementOf(uint head, uint headSize, uint e) { return e < headSize ? arena[head + e] : 0.0; }

uint wordOf(uint row, uint headSize, uint headWords, uint w) {
  const uint head = row + w / headWords * headSize, at = w % headWords;
  if (kvKind == kKvFloats) return floatBitsToUint(elementOf(head, headSize, at));
  return halfBits(elementOf(head, headSize, 2 * at)) | halfBits(elementOf(head, headSize, 2 * at + 1)) << 16;
}

uvec2 scaleOf(uint head, uint headSize) {
  uint magnitude = 0;
  for (uint i = 0; i < headSize; ++i) magnitude = max(magnitude, arenaWords[head + i] & 0x7FFFFFFFu);
  return rowScale(magnitude, kLargestCodeBits);
}

// Four codes from element e on.
uint codesOf(uint head, uint headSize, uint e, float inverse) {
  uint word = 0;
  for (uint i = 0; i < 4; ++i) {
    precise float multiplied = elementOf(head, headSize, e + i) * inverse;
    word |= (uint(int(roundEven(inverse == 0.0 ? 0.0 : multiplied))) & 0xFFu) << (8 * i);
  }
  return word;
}

void storeBytes(uint i, uint t, uint row) {
  const bool isKey = i < push.kvHeads;
  const uint h = isKey ? i : i - push.kvHeads;
  const uint size = isKey ? push.keyHead : push.valueHead, words = isKey ? push.keyHeadWords : push.valueHeadWords;
  const uint from = (isKey ? push.key + t * push.keyStride : push.value + t * push.valueStride) + h * size;
  const uint start = row * (words * push.kvHeads + (push.kvHeads + 3) / 4 * 4);
  const uvec2 scale = scaleOf(from, size);
  for (uint w = 0; w <= words; ++w) {
    const uint word = w == words ? scale.x : codesOf(from, size, 4 * w, uintBitsToFloat(scale.y));
    const uint at = start + (w == words ? words * push.kvHeads + h : h * words + w);
    if (isKey)
      keyWords[at] = word;
    else
      valueWords[at] = word;
  }
}

void main() {
  const uint w = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y, row = state.firstPosition + t;
  if (kvKind == kKvBytes) {
    if (w < 2 * push.kvHeads) storeBytes(w, t, row);
    return;
  }
  const uint keyWordsPerRow = push.keyHeadWords * push.kvHeads, valueWordsPerRow = push.valueHeadWords * push.kvHeads;
  if (w < keyWordsPerRow) {
    keyWords[row * keyWordsPerRow + w] = wordOf(push.key + t * push.keyStride, push.keyHead, push.keyHeadWords, w);
  } else if (w < keyWordsPerRow + valueWordsPerRow) {
    const uint v = w - keyWordsPerRow;
    valueWords[row * valueWordsPerRow + v] =
        wordOf(push.value + t * push.valueStride, push.valueHead, push.valueHeadWords, v);
  }
}
