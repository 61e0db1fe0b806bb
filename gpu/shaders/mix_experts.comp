// result[t] = Σ_k weight k of the routes · slot k of in[t]; padding stays 0.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
layout(push_constant) uniform Push { MixExpertsPush push; };

void main() {
  const uint i = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (i >= push.resultStrideQuads) return;
  const uint weights = push.routes + t * push.routeStride + push.used;
  const uint from = push.inQuad + t * push.inStrideQuads + i;
  vec4 sum = vec4(0.0);
  for (uint k = 0; k < push.used; ++k) sum += arena[weights + k] * arenaQuads[from + k * push.slotQuads];
  arenaQuads[push.resultQuad + t * push.resultStrideQuads + i] = sum;
}
