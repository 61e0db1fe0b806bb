// Attention of many tokens for GPUs ("FlashAttention", Dao et al., 2022): a workgroup per rowsEach rows, which are
// headsEach query heads that share a key head, of neighbouring tokens, so that keys and values are read once for all of
// them. Four invocations score two positions; then each sums eight elements of the values of every PARTS-th position.
// Running softmax over tiles of positions, of which each row sees its own.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/attention.glsl"
#include "common/specialization.h"
QS_ATTENTION_TILES(QS_SPECIALIZE)
#include "common/kv_octets.glsl"

const uint SIZE = gl_WorkGroupSize.x;
const uint SCORERS = 4;                            // invocations that share a position's score
const uint TILE = kAttentionPositions;             // positions between two corrections of the sums
const uint BESIDE = SIZE / SCORERS;                // positions that are scored side by side,
const int ABOVE = int(TILE / BESIDE);              // and by the same invocations
const uint PARTS = SIZE / columns;                 // positions whose values are summed side by side
const uint TOGETHER = TILE / PARTS < 4 ? TILE / PARTS : 4;  // positions whose values an invocation fetches at once
const uint EXPONENTS = kAttentionExponents;        // invocations that share a row's weights,
const int WEIGHTS_EACH = int(TILE / EXPONENTS);    // and how many each has
const float UNSEEN = -1.0;                         // the weight of a position that a row does not see
const uint QUARTERS = uint(rowsEach) * TILE;
const uint EXCHANGED = QUARTERS > SIZE * 2 ? QUARTERS : SIZE * 2;
#define kMinusInfinity uintBitsToFloat(0xFF800000u)
shared vec4 query[rowsEach * keyOctets * 2];
shared vec4 exchanged[EXCHANGED];  // scores by quarters, [rowsEach, TILE]; in the end the sums of one row by PARTS
shared float weights[rowsEach * TILE];
shared float perRow[rowsEach * EXPONENTS], corrections[rowsEach], largests[rowsEach], totals[rowsEach];

const uint TOKENS = uint(rowsEach) / headsEach;

// The token of a row; rows behind the batch's last token are computed like it and not written.
uint wishedToken(uint row) { return gl_WorkGroupID.y * TOKENS + row / headsEach; }
uint tokenOf(uint row) { return min(wishedToken(row), push.tokens - 1); }

void main() {
  const uint i = gl_LocalInvocationID.x, firstHead = gl_WorkGroupID.x * headsEach;
  const uint kvHead = firstHead / (push.heads / push.kvHeads);
  const uint keyRow = kvRowQuads(push.kvHeads, keyOctets, keyKind);
  const uint valueRow = kvRowQuads(push.kvHeads, valueOctets, valueKind);
  // Later tokens see more behind and less before.
  const uint start = firstVisible(lastVisible(tokenOf(0))), end = lastVisible(tokenOf(rowsEach - 1)) + 1;

  for (uint d = i; d < rowsEach * keyOctets * 8; d += SIZE) {
    const uint row = d / (keyOctets * 8), element = d % (keyOctets * 8);
    const uint from = push.query + tokenOf(row) * push.queryStride + (firstHead + row % headsEach) * push.headSize;
    query[d / 4][d % 4] = element < push.headSize ? arena[from + element] * push.scale : 0.0;
  }
  const uint scored = i / SCORERS, quarter = i % SCORERS;
  const uint weightRow = i / EXPONENTS, weightLane = i % EXPONENTS;  // invocations behind the last row have none
  const bool hasWeights = weightRow < rowsEach;
  const uint weightLast = lastVisible(tokenOf(min(weightRow, rowsEach - 1))), weightFirst = firstVisible(weightLast);
  const uint column = i % columns, side = i / columns;
  Octet sums[rowsEach];
  [[unroll]] for (int r = 0; r < rowsEach; ++r) sums[r] = Octet(vec4(0.0), vec4(0.0));
  float maximum = kMinusInfinity, total = 0.0;  // of weightRow; the total of this invocation's positions
  barrier();
  for (uint first = start; first < end; first += TILE) {
    const uint count = min(TILE, end - first);
    float score[ABOVE][rowsEach];
    [[unroll]] for (int a = 0; a < ABOVE; ++a) [[unroll]] for (int r = 0; r < rowsEach; ++r) score[a][r] = 0.0;
    for (uint o = quarter; o < keyOctets; o += SCORERS) {
      Octet key[ABOVE];
      [[unroll]] for (int a = 0; a < ABOVE; ++a)
        key[a] = loadKeyOctet((first + min(scored + a * BESIDE, count - 1)) * keyRow, kvHead, o);
      [[unroll]] for (int r = 0; r < rowsEach; ++r) {
        const uint of = (r * keyOctets + o) * 2;
        const vec4 low = query[of], high = query[of + 1];
        [[unroll]] for (int a = 0; a < ABOVE; ++a) score[a][r] += dot(low, key[a].low) + dot(high, key[a].high);
      }
    }
    [[unroll]] for (int a = 0; a < ABOVE; ++a)
      [[unroll]] for (int r = 0; r < rowsEach; ++r) exchanged[r * TILE + scored + a * BESIDE][quarter] = score[a][r];
    barrier();
    float weight[WEIGHTS_EACH];
    float larger = maximum;
    if (hasWeights) {
      [[unroll]] for (int k = 0; k < WEIGHTS_EACH; ++k) {
        const uint p = first + weightLane + k * EXPONENTS;
        float joined = dot(exchanged[weightRow * TILE + weightLane + k * EXPONENTS], vec4(1.0));
        const bool isSeen = p >= weightFirst && p <= weightLast;
        if (keyKind == kKvBytes && isSeen) joined *= keyScale(p * keyRow, kvHead);
        weight[k] = isSeen ? capped(joined) : kMinusInfinity;
        larger = max(larger, weight[k]);
      }
      perRow[i] = larger;
    }
    barrier();
    if (hasWeights) {
      for (uint k = 0; k < EXPONENTS; ++k) larger = max(larger, perRow[weightRow * EXPONENTS + k]);
      const float correction = larger == maximum ? 1.0 : exp(maximum - larger);  // 0 in the first tile that it sees
      maximum = larger;
      total *= correction;
      if (weightLane == 0) corrections[weightRow] = correction;
      [[unroll]] for (int k = 0; k < WEIGHTS_EACH; ++k) {
        const uint p = first + weightLane + k * EXPONENTS;
        const bool isSeen = p >= weightFirst && p <= weightLast;
        float share = UNSEEN;
        if (isSeen) {
          share = exp(weight[k] - larger);
          total += share;
          if (valueKind == kKvBytes) share *= valueScale(p * valueRow, kvHead);
        }
        weights[weightRow * TILE + weightLane + k * EXPONENTS] = share;
      }
    }
    barrier();
    [[unroll]] for (int r = 0; r < rowsEach; ++r) {
      sums[r].low *= corrections[r];
      sums[r].high *= corrections[r];
    }
    for (uint j = side; j < count && column < valueOctets; j += TOGETHER * PARTS) {
      Octet values[TOGETHER];
      [[unroll]] for (uint k = 0; k < TOGETHER; ++k)
        values[k] = loadValueOctet((first + min(j + k * PARTS, count - 1)) * valueRow, kvHead, column);
      [[unroll]] for (uint k = 0; k < TOGETHER; ++k) {
        [[unroll]] for (int r = 0; r < rowsEach; ++r) {
          const float share = weights[r * TILE + j + k * PARTS];
          if (share < 0.0) continue;  // a value that is no number counts only where it is seen
          sums[r].low = fma(vec4(share), values[k].low, sums[r].low);
          sums[r].high = fma(vec4(share), values[k].high, sums[r].high);
        }
      }
    }
  }

  if (hasWeights) perRow[i] = total;
  if (hasWeights && weightLane == 0) largests[weightRow] = maximum;
  barrier();
  if (i < rowsEach) {
    float all = 0.0;
    for (uint k = 0; k < EXPONENTS; ++k) all += perRow[i * EXPONENTS + k];
    // A sink may be larger than every score by so much that these vanish, not the other way round.
    const float sink = push.sinks == kNone ? kMinusInfinity : constants[push.sinks + firstHead + i % headsEach];
    const float largest = max(largests[i], sink), kept = exp(largests[i] - largest);
    totals[i] = push.sinks == kNone ? all : all * kept + exp(sink - largest);
    corrections[i] = kept;
  }
  [[dont_unroll]] for (int r = 0; r < rowsEach; ++r) {  // a barrier costs software renderers much to compile
    [[unroll]] for (int n = 0; n < rowsEach; ++n) {
      if (n != r) continue;
      exchanged[i * 2] = sums[n].low;
      exchanged[i * 2 + 1] = sums[n].high;
    }
    barrier();
    const uint result = push.result + tokenOf(r) * push.resultStride + (firstHead + r % headsEach) * push.valueHeadSize;
    for (uint d = i; d < push.valueHeadSize && wishedToken(r) < push.tokens; d += SIZE) {
      float sum = 0.0;
      for (uint k = 0; k < PARTS; ++k) sum += exchanged[k * columns * 2 + d / 4][d % 4];
      arena[result + d] = sum * corrections[r] / totals[r];
    }
    barrier();
  }
  if (firstHead != 0) return;
  for (uint t = 0; t < TOKENS; ++t)
    if (wishedToken(t * headsEach) < push.tokens) clearPadding(wishedToken(t * headsEach));
}
