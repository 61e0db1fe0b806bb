// result[t][c] = Σ_j weight[c][j] · x[t − (taps − 1) + j][c] (+ bias[c]): x is what the state holds, then in. The last
// taps − 1 rows of it are the state behind the batch. One invocation per token and column.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
layout(push_constant) uniform Push { ShortConvPush push; };

float past(uint row, uint c) {
  if (STATE.read == kNone) return 0.0;
  return uintBitsToFloat(keyWords[STATE.read * push.stateStride + row * push.width + c]);
}

// Row r of the state and then of the batch.
float rowOf(uint r, uint c) {
  return r + 1 < push.taps ? past(r, c) : arena[push.from + (r + 1 - push.taps) * push.stride + c];
}

void main() {
  const uint c = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (c >= push.resultStride) return;
  float sum = 0.0;
  if (c < push.width) {
    const uint weight = push.weight + c * strideOf(push.taps);
    for (uint j = 0; j < push.taps; ++j) sum += constants[weight + j] * rowOf(t + j, c);
    if (push.bias != kNone) sum += constants[push.bias + c];
    if (t == 0)
      for (uint r = 0; r + 1 < push.taps; ++r)
        keyWords[STATE.write * push.stateStride + r * push.width + c] = floatBitsToUint(rowOf(push.tokens + r, c));
  }
  arena[push.result + t * push.resultStride + c] = sum;
}
