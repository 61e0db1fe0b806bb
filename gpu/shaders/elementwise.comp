// result = in + second or silu(in) · second, element by element over whole rows, padding
// included: it stays 0.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/specialization.h"
QS_ELEMENTWISE(QS_SPECIALIZE)
layout(push_constant) uniform Push { ElementwisePush push; };

void main() {
  if (gl_GlobalInvocationID.x >= push.strideQuads) return;
  const uint i = gl_WorkGroupID.y * push.strideQuads + gl_GlobalInvocationID.x;
  const vec4 a = arenaQuads[push.inQuad + i], b = arenaQuads[push.secondQuad + i];
  arenaQuads[push.resultQuad + i] = operation == kAddOperation ? a + b : a / (1.0 + exp(-a)) * b;
}
