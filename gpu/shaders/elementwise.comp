// out = in + second (OP 0) or silu(in) · second (OP 1), element by element over whole rows, padding included: it stays 0.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint OP = 0;
#include "common/bindings.glsl"
layout(push_constant) uniform Push { uint inQuad, secondQuad, outQuad, rowQuads; } push;

void main() {
  if (gl_GlobalInvocationID.x >= push.rowQuads) return;
  const uint i = gl_WorkGroupID.y * push.rowQuads + gl_GlobalInvocationID.x;
  const vec4 a = arenaQuads[push.inQuad + i], b = arenaQuads[push.secondQuad + i];
  arenaQuads[push.outQuad + i] = OP == 0 ? a + b : a / (1.0 + exp(-a)) * b;
}
