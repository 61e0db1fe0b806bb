// result[t][c] = f(weight · in[t][c] + bias), every column with an element of its own or neighbours with one together;
// zeros up to the stride.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/bounded.glsl"
layout(push_constant) uniform Push { MapColumnsPush push; };

float mapped(float x) {
  switch (push.operation) {
    case kSoftCapOperation: return push.parameter * tanhOf(x / push.parameter);
    case kGeluOperation: return gelu(x);
    case kGeluErfOperation: return geluErf(vec4(x)).x;
    case kSiluOperation: return x / (1.0 + exp(-x));
    case kSigmoidOperation: return 1.0 / (1.0 + exp(-x));
    // ln(1 + y) loses small y, of which it is y.
    case kSoftplusOperation: {
      const float y = exp(-abs(x));
      return max(x, 0.0) + (y < 1e-4 ? y : log(1.0 + y));
    }
    case kExpOperation: return exp(x);
  }
  return x * push.parameter;
}

void main() {
  const uint quad = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (quad >= push.resultStrideQuads) return;
  const vec4 x = arenaQuads[push.inQuad + t * push.inStrideQuads + quad];
  vec4 result = vec4(0.0);
  for (uint i = 0; i < 4; ++i) {
    const uint column = quad * 4 + i;
    if (column >= push.width) break;
    float at = x[i];
    if (push.weight != kNone) at *= constants[push.weight + column / push.ofWeight];
    if (push.bias != kNone) at += constants[push.bias + column / push.ofBias];
    result[i] = mapped(at);
  }
  arenaQuads[push.resultQuad + t * push.resultStrideQuads + quad] = result;
}
