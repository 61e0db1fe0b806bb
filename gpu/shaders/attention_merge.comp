// Joins what attention_splits left of each part of the positions: a workgroup per token and query head.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/attention.glsl"
#include "common/specialization.h"
#include "common/reduce.glsl"
QS_ATTENTION_MERGE(QS_SPECIALIZE)
QS_REDUCE(largestOf, max)
QS_REDUCE(sumOf, QS_ADD)

const uint SIZE = gl_WorkGroupSize.x;
#define kMinusInfinity uintBitsToFloat(0xFF800000u)

void main() {
  const uint i = gl_LocalInvocationID.x, head = gl_WorkGroupID.x, token = gl_WorkGroupID.y;
  const uint stride = attentionPartStride(push.valueHeadSize),
             parts = push.parts + (token * push.heads + head) * push.splits * stride;
  // A sink may be larger than every score by so much that these vanish, not the other way round.
  const float sink = push.sinks == kNone ? kMinusInfinity : constants[push.sinks + head];
  float largest = sink, total = 0.0;
  for (uint s = i; s < push.splits; s += SIZE) {
    if (arena[parts + s * stride + 1] != 0.0) largest = max(largest, arena[parts + s * stride]);
  }
  largest = largestOf(largest);
  for (uint s = i; s < push.splits; s += SIZE) {
    const float part = arena[parts + s * stride + 1];
    if (part != 0.0) total += part * exp(arena[parts + s * stride] - largest);
  }
  total = sumOf(total);
  if (push.sinks != kNone) total += exp(sink - largest);
  for (uint d = i; d < push.valueHeadSize; d += SIZE) {
    float sum = 0.0;
    for (uint s = 0; s < push.splits; ++s) {
      const uint part = parts + s * stride;
      if (arena[part + 1] != 0.0) sum = fma(exp(arena[part] - largest), arena[part + 2 + d], sum);
    }
    arena[push.result + token * push.resultStride + head * push.valueHeadSize + d] = sum / total;
  }
  if (head == 0) clearPadding(token);
}
