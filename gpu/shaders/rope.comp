// Rotates the pairs of every head of up to two values in place: (a·cos − b·sin, a·sin + b·cos).
// One invocation per pair and token; angles come from a table the host computed in double precision.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/rotation.glsl"
#include "common/specialization.h"
QS_ROPE(QS_SPECIALIZE)
layout(push_constant) uniform Push { RopePush push; };

void main() {
  uint i = gl_GlobalInvocationID.x;
  const uint t = gl_WorkGroupID.y;
  if (i >= push.allPairs) return;
  uint at = push.first + t * push.firstStride;
  if (i >= push.firstPairs) {
    i -= push.firstPairs;
    at = push.second + t * push.secondStride;
  }
  const uint pair = i % push.pairs;
  at += i / push.pairs * push.headSize;
  const uint a = at + (adjacent == 1 ? 2 * pair : pair);
  const uint b = adjacent == 1 ? a + 1 : a + push.pairs;
  const vec2 turn = rotation[push.table + (STATE.firstPosition + t) * push.pairs + pair];
  const vec2 both = rotated(arena[a], arena[b], turn);
  arena[a] = both.x;
  arena[b] = both.y;
}
