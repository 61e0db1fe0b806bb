// result[t] head h = head h of the first, then head h of the second, or its only one; zeros up to the stride.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
layout(push_constant) uniform Push { JoinHeadsPush push; };

void main() {
  const uint c = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (c >= push.resultStride) return;
  float value = 0.0;
  if (c < push.width) {
    const uint each = push.firstSize + push.secondSize, head = c / each, at = c % each;
    value = at < push.firstSize
                ? arena[push.first + t * push.firstStride + head * push.firstSize + at]
                : arena[push.second + t * push.secondStride + head % push.secondHeads * push.secondSize + at - push.firstSize];
  }
  arena[push.result + t * push.resultStride + c] = value;
}
