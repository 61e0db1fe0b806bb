// result[t][i] = in[t][first + (i / room) · step + i mod room], 0 behind a block, and zeros up to the stride.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
layout(push_constant) uniform Push { SlicePush push; };

void main() {
  const uint quad = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (quad >= push.resultStrideQuads) return;
  vec4 result = vec4(0.0);
  for (uint i = 0; i < 4; ++i)
    if (quad * 4 + i < push.width) {
      const uint column = quad * 4 + i, at = column % push.room;
      if (at < push.block) result[i] = arena[push.first + t * push.stride + column / push.room * push.step + at];
    }
  arenaQuads[push.resultQuad + t * push.resultStrideQuads + quad] = result;
}
