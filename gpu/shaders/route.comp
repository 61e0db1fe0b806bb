// result[t] = numbers of the `used` experts with the largest scores, of equal ones the first, then how much each counts
// (core::model::Route). One workgroup per token, without subgroup operations.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/specialization.h"
QS_ROUTE(QS_SPECIALIZE)
layout(push_constant) uniform Push { RoutePush push; };

shared float scores[kMostExperts];
// What experts, and behind them groups, are chosen by, and a bit for each that cannot be chosen any more.
const uint kFirstGroup = kMostExperts;
shared float ranks[kMostExperts + kMostExpertGroups];
shared uint taken[(kMostExperts + kMostExpertGroups) / 32];
shared uint chosen[kMostUsedExperts];
shared float best[kRouteWorkgroup];
shared uint bestAt[kRouteWorkgroup];

// Whether a comes before b, however odd the numbers are. kNone: no candidate.
bool isBefore(float a, uint atA, float b, uint atB) {
  if (atA == kNone || atB == kNone) return atB == kNone && atA != kNone;
  return a > b || (!(b > a) && atA < atB);
}

// The largest of ranks [first, end) that is not taken, which it is then. All invocations call it and get the same.
uint takeLargest(uint first, uint end) {
  const uint lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
  float own = 0.0;
  uint at = kNone;
  for (uint i = first + lane; i < end; i += lanes) {
    if ((taken[i / 32] >> (i % 32) & 1u) == 0 && isBefore(ranks[i], i, own, at)) {
      own = ranks[i];
      at = i;
    }
  }
  best[lane] = own;
  bestAt[lane] = at;
  barrier();
  own = best[0];  // every invocation goes the same way
  at = bestAt[0];
  for (uint j = 1; j < lanes; ++j) {
    if (isBefore(best[j], bestAt[j], own, at)) {
      own = best[j];
      at = bestAt[j];
    }
  }
  barrier();
  if (lane == 0) taken[at / 32] |= 1u << (at % 32);
  barrier();
  return at;
}

// Of the logits in scores: their largest, and the sum of e^(logit - largest).
vec2 largestAndTotal() {
  const uint lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
  float largest = scores[0];
  for (uint i = lane; i < push.experts; i += lanes) largest = max(largest, scores[i]);
  best[lane] = largest;
  barrier();
  for (uint j = 0; j < lanes; ++j) largest = max(largest, best[j]);
  barrier();
  float total = 0.0;
  for (uint i = lane; i < push.experts; i += lanes) total += exp(scores[i] - largest);
  best[lane] = total;
  barrier();
  total = 0.0;
  for (uint j = 0; j < lanes; ++j) total += best[j];
  barrier();
  return vec2(largest, total);
}

// Leaves the experts of the best groups only.
void chooseGroups() {
  const uint lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x, each = push.experts / push.groups;
  for (uint group = lane; group < push.groups; group += lanes) {
    float first = ranks[group * each], second = uintBitsToFloat(0xFF800000u);
    for (uint i = group * each + 1; i < (group + 1) * each; ++i) {
      const float rank = ranks[i];
      second = rank > first ? first : max(second, rank);
      first = max(first, rank);
    }
    ranks[kFirstGroup + group] = areGroupsOfTwo == 1 && each > 1 ? first + second : first;
  }
  for (uint i = lane; i < kMostExperts / 32; i += lanes) taken[i] = ~0u;
  barrier();
  for (uint k = 0; k < push.usedGroups; ++k) {
    const uint group = takeLargest(kFirstGroup, kFirstGroup + push.groups) - kFirstGroup;
    for (uint i = group * each + lane; i < (group + 1) * each; i += lanes) atomicAnd(taken[i / 32], ~(1u << (i % 32)));
  }
  barrier();
}

void main() {
  const uint t = gl_WorkGroupID.x, lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
  const uint result = push.result + t * push.resultStride;
  if (isAll == 1) {
    for (uint i = lane; i < push.resultStride; i += lanes)
      arena[result + i] = i < push.used ? float(i) : i < 2 * push.used ? 1.0 : 0.0;
    return;
  }
  for (uint i = lane; i < push.experts; i += lanes) scores[i] = arena[push.logits + t * push.stride + i];
  for (uint i = lane; i < uint(taken.length()); i += lanes) taken[i] = 0;
  barrier();
  const vec2 of = isSigmoid == 1 ? vec2(0.0) : largestAndTotal();
  for (uint i = lane; i < push.experts; i += lanes) {
    const float logit = scores[i];
    const float score = isSigmoid == 1 ? 1.0 / (1.0 + exp(-logit)) : exp(logit - of.x) / of.y;
    // Scores rise with logits, but fewer of them are equal.
    ranks[i] = push.bias != kNone ? score + constants[push.bias + i] : push.groups > 1 ? score : logit;
    scores[i] = score;
  }
  barrier();
  if (push.groups > 1) chooseGroups();
  float divisor = push.sumEpsilon;
  for (uint k = 0; k < push.used; ++k) {
    const uint at = takeLargest(0, push.experts);
    divisor += scores[at];
    if (lane == 0) chosen[k] = at;
  }
  barrier();
  if (isNormed == 0) divisor = 1.0;
  for (uint k = lane; k < push.used; k += lanes) {
    const uint at = chosen[k];
    const float factor = push.weight != kNone ? push.scale * constants[push.weight + at] : push.scale;
    arena[result + k] = float(at);
    arena[result + push.used + k] = scores[at] / divisor * factor;
  }
  for (uint i = 2 * push.used + lane; i < push.resultStride; i += lanes) arena[result + i] = 0.0;
}
