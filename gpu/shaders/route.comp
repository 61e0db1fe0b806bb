// result[t] = numbers of the `used` largest logits, of equal ones the first, then their weights: a softmax of them
// (isNormed) or their share of the softmax of all. One workgroup per token, without subgroup operations.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/specialization.h"
QS_ROUTE(QS_SPECIALIZE)
layout(push_constant) uniform Push { RoutePush push; };

shared float values[kMostExperts];
shared uint isChosen[kMostExperts];
shared uint chosen[kMostUsedExperts];
shared float best[kRouteWorkgroup];
shared uint bestAt[kRouteWorkgroup];

// Whether a comes before b, however odd the numbers are. kNone: no candidate.
bool isBefore(float a, uint atA, float b, uint atB) {
  if (atA == kNone || atB == kNone) return atB == kNone && atA != kNone;
  return a > b || (!(b > a) && atA < atB);
}

void main() {
  const uint t = gl_WorkGroupID.x, lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
  const uint result = push.result + t * push.resultStride;
  if (isAll == 1) {
    for (uint i = lane; i < push.resultStride; i += lanes)
      arena[result + i] = i < push.used ? float(i) : i < 2 * push.used ? 1.0 : 0.0;
    return;
  }
  for (uint i = lane; i < push.experts; i += lanes) {
    values[i] = arena[push.logits + t * push.stride + i];
    isChosen[i] = 0;
  }
  barrier();
  float largest = 0.0, total = 0.0;
  for (uint k = 0; k < push.used; ++k) {
    float own = 0.0;
    uint at = kNone;
    for (uint i = lane; i < push.experts; i += lanes) {
      if (isChosen[i] == 0 && isBefore(values[i], i, own, at)) {
        own = values[i];
        at = i;
      }
    }
    best[lane] = own;
    bestAt[lane] = at;
    barrier();
    for (uint j = 0; j < lanes; ++j) {  // every invocation finds the same
      if (isBefore(best[j], bestAt[j], own, at)) {
        own = best[j];
        at = bestAt[j];
      }
    }
    barrier();
    if (k == 0) largest = own;
    total += exp(own - largest);
    if (lane == 0) {
      isChosen[at] = 1;
      chosen[k] = at;
    }
    barrier();
  }
  if (isNormed == 0) {
    total = 0.0;
    for (uint i = 0; i < push.experts; ++i) total += exp(values[i] - largest);
  }
  for (uint k = lane; k < push.used; k += lanes) {
    arena[result + k] = float(chosen[k]);
    arena[result + push.used + k] = exp(values[chosen[k]] - largest) / total;
  }
  for (uint i = 2 * push.used + lane; i < push.resultStride; i += lanes) arena[result + i] = 0.0;
}
