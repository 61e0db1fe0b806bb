// A matrix S [keySize, valueSize] of every head is what it keeps of the past (core/model/op.h, LinearAttention). One
// invocation per head and column of S, which it holds while it goes through the batch's tokens.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/specialization.h"
QS_LINEAR_ATTENTION(QS_SPECIALIZE)
layout(push_constant) uniform Push { LinearAttentionPush push; };

// What a query or key is multiplied with so that it has length 1.
float inverseLength(uint x) {
  if (push.normEpsilon == 0.0) return 1.0;
  float squares = 0.0;
  for (uint i = 0; i < keySize; ++i) squares += arena[x + i] * arena[x + i];
  return 1.0 / sqrt(squares + push.normEpsilon);
}

void main() {
  const uint j = gl_GlobalInvocationID.x, head = gl_WorkGroupID.y;
  if (j >= push.valueSize) return;
  const uint keyHead = push.isRepeated == 1 ? head % push.keyHeads : head / (push.heads / push.keyHeads);
  const uint column = head * keySize * push.valueSize + j;
  float s[keySize];
  for (uint i = 0; i < keySize; ++i)
    s[i] = STATE.read == kNone
               ? 0.0
               : uintBitsToFloat(keyWords[STATE.read * push.stateStride + column + i * push.valueSize]);
  for (uint t = 0; t < push.tokens; ++t) {
    const uint key = push.key + t * push.keyStride + keyHead * keySize;
    const uint query = push.query + t * push.queryStride + keyHead * keySize;
    const float decay = arena[push.decay + t * push.decayStride + head];
    float remembered = 0.0;
    for (uint i = 0; i < keySize; ++i) {
      s[i] *= decay;
      remembered += s[i] * arena[key + i];
    }
    const float ofKey = inverseLength(key);
    float value = arena[push.value + t * push.valueStride + head * push.valueSize + j];
    if (push.isDelta == 1) value -= remembered * ofKey;
    const float added = arena[push.strength + t * push.strengthStride + head] * value * ofKey;
    float result = 0.0;
    for (uint i = 0; i < keySize; ++i) {
      s[i] += arena[key + i] * added;
      result += s[i] * arena[query + i];
    }
    const uint at = push.result + t * push.resultStride;
    arena[at + head * push.valueSize + j] = result * inverseLength(query) * push.scale;
    if (head + 1 == push.heads)
      for (uint i = push.heads * push.valueSize + j; i < push.resultStride; i += push.valueSize) arena[at + i] = 0.0;
  }
  for (uint i = 0; i < keySize; ++i)
    keyWords[STATE.write * push.stateStride + column + i * push.valueSize] = floatBitsToUint(s[i]);
}
