// Per column of a value: Σ x, Σ x² and max |x| over the rows of the batch, so that statistics need no read-back of
// activations. A workgroup takes 8 quads of columns; its other dimension shares their rows and meets in shared memory,
// so any subgroup size is right.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/bindings.glsl"
layout(local_size_x = kColumnSumsQuads, local_size_y = kColumnSumsSlices) in;
layout(push_constant) uniform Push { ColumnSumsPush push; };

const uint SIZE = kColumnSumsQuads * kColumnSumsSlices;
shared vec4 sums[SIZE];
shared vec4 squares[SIZE];
shared vec4 largest[SIZE];

void main() {
  const uint slice = gl_LocalInvocationID.y;
  // A row's stride is whole 8 quads.
  const uint quad = gl_WorkGroupID.x * kColumnSumsQuads + gl_LocalInvocationID.x;
  vec4 sum = vec4(0.0), square = vec4(0.0), magnitude = vec4(0.0);
  for (uint t = slice; t < push.rows; t += kColumnSumsSlices) {
    const vec4 x = arenaQuads[push.inQuad + t * push.strideQuads + quad];
    sum += x;
    square += x * x;
    magnitude = max(magnitude, abs(x));
  }
  const uint i = gl_LocalInvocationIndex;
  sums[i] = sum;
  squares[i] = square;
  largest[i] = magnitude;
  barrier();
  for (uint step = kColumnSumsSlices / 2; step > 0; step /= 2) {
    if (slice < step) {
      const uint other = i + step * kColumnSumsQuads;
      sums[i] += sums[other];
      squares[i] += squares[other];
      largest[i] = max(largest[i], largest[other]);
    }
    barrier();
  }
  if (slice == 0) {
    arenaQuads[push.resultQuad + quad] = sums[i];
    arenaQuads[push.resultQuad + push.strideQuads + quad] = squares[i];
    arenaQuads[push.resultQuad + 2 * push.strideQuads + quad] = largest[i];
  }
}
