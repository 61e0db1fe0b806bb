// result[t] = in[t] / sqrt(mean(in[t]²) + epsilon) · weight. One workgroup per token.
// HEADS: every head of a row for itself under one weight, a workgroup each.
// ONE_SUBGROUP: the workgroup is at most one subgroup and needs no shared memory.
#version 450
#extension GL_GOOGLE_include_directive : require
#ifdef ONE_SUBGROUP
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#define LANES
#endif
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
layout(push_constant) uniform Push { RmsNormPush push; };

#ifdef ONE_SUBGROUP
float sumOf(float value) { return subgroupAdd(value); }
#else
#include "common/reduce.glsl"
QS_REDUCE(sumOf, QS_ADD)
#endif

#ifdef HEADS
void main() {
  const uint t = gl_WorkGroupID.x, head = gl_WorkGroupID.y, lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
  const uint source = (push.inQuad + t * push.inStrideQuads) * 4 + head * push.width;
  const uint result = (push.resultQuad + t * push.resultStrideQuads) * 4 + head * push.width;
  float squares = 0.0;
  for (uint i = lane; i < push.width; i += lanes) squares += arena[source + i] * arena[source + i];
  const float factor = 1.0 / sqrt(sumOf(squares) / float(push.width) + push.epsilon);
  for (uint i = lane; i < push.width; i += lanes)
    arena[result + i] = arena[source + i] * factor * loadConstant(push.weightQuad * 4 + i);
  if (head + 1 < push.heads) return;
  const uint padding = push.resultStrideQuads * 4 - head * push.width;
  for (uint i = push.width + lane; i < padding; i += lanes) arena[result + i] = 0.0;
}
#else
void main() {
  const uint t = gl_WorkGroupID.x, quads = (push.width + 3) / 4;
  float squares = 0.0;
  // The padding of a row is zero and adds nothing.
  for (uint i = gl_LocalInvocationID.x; i < quads; i += gl_WorkGroupSize.x) {
    const vec4 x = loadArenaQuad(push.inQuad + t * push.inStrideQuads + i);
    squares += dot(x, x);
  }
  const float factor = 1.0 / sqrt(sumOf(squares) / float(push.width) + push.epsilon);
  for (uint i = gl_LocalInvocationID.x; i < push.resultStrideQuads; i += gl_WorkGroupSize.x) {
    const vec4 x = loadArenaQuad(push.inQuad + t * push.inStrideQuads + i);
    const uint w = (push.weightQuad + i) * 4;
    const vec4 weight = vec4(loadConstant(w), loadConstant(w + 1), loadConstant(w + 2), loadConstant(w + 3));
    arenaQuads[push.resultQuad + t * push.resultStrideQuads + i] = x * factor * weight;
  }
}
#endif
