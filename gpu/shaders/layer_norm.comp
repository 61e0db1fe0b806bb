// result[t] = (in[t] − mean) / sqrt(variance + epsilon) · weight (+ bias), of every head of a row for itself under one
// weight: a workgroup per token and head.
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
layout(push_constant) uniform Push { LayerNormPush push; };

#ifdef ONE_SUBGROUP
float sumOf(float value) { return subgroupAdd(value); }
#else
#include "common/reduce.glsl"
QS_REDUCE(sumOf, QS_ADD)
#endif

void main() {
  const uint t = gl_WorkGroupID.x, head = gl_WorkGroupID.y, lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
  const uint source = push.from + t * push.stride + head * push.width;
  const uint result = push.result + t * push.resultStride + head * push.width;
  float sum = 0.0, squares = 0.0;
  for (uint i = lane; i < push.width; i += lanes) sum += arena[source + i];
  const float mean = sumOf(sum) / float(push.width);
  for (uint i = lane; i < push.width; i += lanes) {
    const float difference = arena[source + i] - mean;
    squares += difference * difference;
  }
#ifndef ONE_SUBGROUP
  barrier();  // everybody has read the first sum
#endif
  const float scale = 1.0 / sqrt(sumOf(squares) / float(push.width) + push.epsilon);
  for (uint i = lane; i < push.width; i += lanes) {
    float value = (arena[source + i] - mean) * scale * loadConstant(push.weight + i);
    if (push.bias != kNone) value += loadConstant(push.bias + i);
    arena[result + i] = value;
  }
  if (head + 1 < push.heads) return;
  const uint padding = push.resultStride - head * push.width;
  for (uint i = push.width + lane; i < padding; i += lanes) arena[result + i] = 0.0;
}
