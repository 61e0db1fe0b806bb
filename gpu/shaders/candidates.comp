// What choosing and describing a token take of a row of logits (core::model::Candidates), for each slice of it: the
// largest, unsorted, and sums over all. One workgroup per slice; any size of it and any subgroup size is right.
//
// The largest are found in two readings. The first leaves the maximum of each of 256 buckets, whose logits are 256
// apart; the one of rank `count` among these maxima is exceeded or met by at least so many logits. The second takes all
// that are as large: a few more than wanted, unless large ones share buckets; where they are too many for the slots,
// their number says so.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
layout(push_constant) uniform Push { CandidatesPush push; };

const uint kBucketQuads = kCandidateBuckets / 4;
const float kLowest = -3.402823466e38;
const uint kInfinite = 0x7F800000u;  // of a float's bits, all set: NaN or infinite

shared vec4 maxima[kBucketQuads];
shared vec3 sums[kCandidatesWorkgroup];
shared uint found, odd;
shared float threshold;

// Which of a quad's logits stand for a token.
bvec4 areKnown(uint quad) { return lessThan(uvec4(0, 1, 2, 3) + quad * 4, uvec4(STATE.known)); }

void main() {
  const uint lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x, slice = gl_WorkGroupID.x;
  const uint first = slice * (kCandidateSlice / 4);
  const uint end = min(first + kCandidateSlice / 4, (push.vocabulary + 3) / 4);
  if (lane == 0) {
    found = 0;
    odd = 0;
    threshold = kLowest;
  }
  barrier();
  bool isOdd = false;
  for (uint b = lane; b < kBucketQuads; b += lanes) {
    vec4 largest = vec4(kLowest);
    for (uint q = first + b; q < end; q += kBucketQuads) {
      const vec4 x = loadArenaQuad(push.inQuad + q);  // behind the vocabulary zeros
      isOdd = isOdd || any(equal(floatBitsToUint(x) & kInfinite, uvec4(kInfinite)));
      largest = max(largest, mix(vec4(kLowest), x, areKnown(q)));
    }
    maxima[b] = largest;
  }
  if (isOdd) odd = 1;
  barrier();

  vec4 top = vec4(kLowest);
  for (uint i = 0; i < kBucketQuads; ++i) top = max(top, maxima[i]);
  const float largest = max(max(top.x, top.y), max(top.z, top.w));
  for (uint b = lane; b < kBucketQuads; b += lanes) {
    const vec4 own = maxima[b];
    const uvec4 at = uvec4(0, 1, 2, 3) + b * 4;
    uvec4 before = uvec4(0);
    for (uint i = 0; i < kBucketQuads; ++i) {
      const vec4 others = maxima[i];
      for (uint c = 0; c < 4; ++c) {
        const vec4 other = vec4(others[c]);
        const uvec4 isFirst = uvec4(lessThan(uvec4(i * 4 + c), at));
        before += uvec4(greaterThan(other, own)) + uvec4(equal(other, own)) * isFirst;
      }
    }
    for (uint c = 0; c < 4; ++c)
      if (before[c] == push.count - 1) threshold = own[c];
  }
  barrier();

  const uint slots = candidateSlots(push.count), result = push.result + slice * candidateStride(push.count);
  vec3 total = vec3(0.0);
  for (uint q = first + lane; q < end; q += lanes) {
    const vec4 x = loadArenaQuad(push.inQuad + q);
    const bvec4 known = areKnown(q);
    const vec4 below = max(x - largest, vec4(-1e30));  // finite, so that nothing of it is no number
    const vec4 counts = vec4(known);
    const vec4 weights = exp(below) * counts;
    total.x += dot(weights, vec4(1.0));
    total.y += dot(weights, below);
    if (STATE.inverseTemperature != 1.0) total.z += dot(exp(below * STATE.inverseTemperature), counts);
    if (!any(greaterThanEqual(x, vec4(threshold)))) continue;
    for (uint c = 0; c < 4; ++c) {
      if (!(x[c] >= threshold) || !known[c]) continue;
      const uint slot = atomicAdd(found, 1);
      if (slot >= slots) continue;
      arenaWords[result + kCandidatesHead + slot] = floatBitsToUint(x[c]);
      arenaWords[result + kCandidatesHead + slots + slot] = q * 4 + c;
    }
  }
  sums[lane] = total;
  barrier();
  if (lane != 0) return;
  for (uint i = 1; i < lanes; ++i) total += sums[i];
  arenaWords[result + kCandidatesFound] = found;
  arenaWords[result + kCandidatesOdd] = odd;
  arenaWords[result + kCandidatesLargest] = floatBitsToUint(largest);
  arenaWords[result + kCandidatesSum] = floatBitsToUint(total.x);
  arenaWords[result + kCandidatesWeighted] = floatBitsToUint(total.y);
  arenaWords[result + kCandidatesCooled] =
      floatBitsToUint(STATE.inverseTemperature != 1.0 ? total.z : total.x);
}
