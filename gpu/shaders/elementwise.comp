// A function of one value or two, element by element over whole rows, padding included: it stays 0.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/bounded.glsl"
#include "common/specialization.h"
QS_ELEMENTWISE(QS_SPECIALIZE)
layout(push_constant) uniform Push { ElementwisePush push; };

void main() {
  if (gl_GlobalInvocationID.x >= push.strideQuads) return;
  const uint i = gl_WorkGroupID.y * push.strideQuads + gl_GlobalInvocationID.x;
  const vec4 a = arenaQuads[push.inQuad + i], b = arenaQuads[push.secondQuad + i];
  vec4 result = a;
  if (operation == kAddOperation) result = a + b;
  if (operation == kSwiGluOperation) result = a / (1.0 + exp(-a)) * b;
  if (operation == kGeGluOperation) result = gelu(a) * b;
  if (operation == kProductOperation) result = a * b;
  if (operation == kSigmoidGluOperation) result = b / (1.0 + exp(-a));
  if (operation == kScaleOperation) result = a * push.parameter;
  if (operation == kSoftCapOperation) result = push.parameter * tanhOf(a / push.parameter);
  if (operation == kGeluOperation) result = gelu(a);
  if (operation == kGeluErfOperation) result = geluErf(a);
  if (operation == kClampedSwiGluOperation) {
    const vec4 gate = bounded(a, -3.4028235e38, 7.0);
    result = gate / (1.0 + exp(-1.702 * gate)) * (bounded(b, -7.0, 7.0) + 1.0);
  }
  arenaQuads[push.resultQuad + i] = result;
}
