// result[k] = in[order[k]] · factors[k]: columns in the order, and divided, as a weight's columns lie.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
layout(push_constant) uniform Push { ArrangeColumnsPush push; };

void main() {
  const uint k = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (k >= push.resultStride) return;
  precise float value = 0.0;
  if (k < push.width) {
    const uint column = push.order == kNone ? k : constantWords[push.order + k];
    value = arena[push.from + t * push.inStride + column];
    if (push.factors != kNone) value = value * constants[push.factors + k];
  }
  arena[push.result + t * push.resultStride + k] = value;
}
