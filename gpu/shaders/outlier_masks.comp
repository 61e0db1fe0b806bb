// Which columns have an outlier in any row of the batch, as masks of 32 columns in every row's codes. A workgroup has a
// unit of 32 columns; an invocation takes the other dimension's share of the rows.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/bindings.glsl"
#include "common/row_scale.glsl"
layout(local_size_x = kUnitValues, local_size_y = 4) in;
layout(push_constant) uniform Push { QuantizeRowsPush push; };

shared uint mask;

void main() {
  const uint unit = gl_WorkGroupID.x, bit = gl_LocalInvocationID.x, slice = gl_LocalInvocationID.y;
  if (gl_LocalInvocationIndex == 0) mask = 0;
  barrier();
  const uint column = unit * kUnitValues + bit;
  const uint threshold = floatBitsToUint(push.threshold);
  bool isAny = false;
  for (uint t = slice; t < push.rows && column < push.width; t += gl_WorkGroupSize.y)
    isAny = isAny || isOutlier(arenaWords[push.from + t * push.inStride + column] & 0x7FFFFFFFu, threshold);
  if (isAny) atomicOr(mask, 1u << bit);
  barrier();
  const uint at = push.result + codedMasks((push.width + kUnitValues - 1) / kUnitValues) + unit;
  for (uint t = gl_LocalInvocationIndex; t < push.rows; t += kUnitValues * gl_WorkGroupSize.y)
    arenaWords[at + t * push.resultStride] = mask;
}
