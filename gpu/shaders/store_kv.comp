// Appends keys and values of the batch to the layer's cache, rounded to what it holds (core/model/kv_type.h, bit for
// bit). In the cache a head takes whole quads, the last elements zero. One invocation per 32-bit word of a row, or where
// there are scales per word of these: a head of bytes, two blocks of 32 values.
// Keys may be rotated on their way; then there is one more invocation for each pair of the query, which is rotated in
// place.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x_id = 0) in;
#include "common/bindings.glsl"
#include "common/kv_bindings.glsl"
#include "common/nearest_half.glsl"
#include "common/rotation.glsl"
#include "common/row_scale.glsl"
#include "common/specialization.h"
QS_STORE_KV(QS_SPECIALIZE)
layout(push_constant) uniform Push { StoreKvPush push; };

const uint kHalfNan = 0x7E00u, kBlock = 32u;

void put(bool isKey, uint at, uint word) {
  if (isKey)
    keyWords[at] = word;
  else
    valueWords[at] = word;
}

vec2 turnOf(uint pair) { return rotation[push.table + (STATE.firstPosition + gl_WorkGroupID.y) * push.pairs + pair]; }

// Elements a and b of a head are a pair.
uint firstOfPair(uint pair) { return rotates == kRotatesNeighbours ? 2 * pair : pair; }
uint secondOfPair(uint pair) { return rotates == kRotatesNeighbours ? 2 * pair + 1 : pair + push.pairs; }

float elementOf(bool isKey, uint from, uint size, uint e) {
  if (e >= size) return 0.0;
  if (!isKey || rotates == kRotatesNothing || e >= 2 * push.pairs) return arena[from + e];
  const uint pair = rotates == kRotatesNeighbours ? e / 2 : e % push.pairs;
  const vec2 both = rotated(arena[from + firstOfPair(pair)], arena[from + secondOfPair(pair)], turnOf(pair));
  return e == firstOfPair(pair) ? both.x : both.y;
}

void rotateQuery(uint i, uint t) {
  const uint pair = i % push.pairs, head = push.query + t * push.queryStride + i / push.pairs * push.keyHead;
  const uint a = head + firstOfPair(pair), b = head + secondOfPair(pair);
  const vec2 both = rotated(arena[a], arena[b], turnOf(pair));
  arena[a] = both.x;
  arena[b] = both.y;
}

// FP8 E4M3: nearest, ties to even; what is not finite is NaN, finite numbers beyond 448 are that.
uint smallFloat(float x) {
  const uint bits = floatBitsToUint(x), magnitude = bits & 0x7FFFFFFFu, sign = bits >> 24 & 0x80u;
  if (magnitude >= kInfinityBits) return 0x7Fu;
  if (magnitude < 0x3C800000u) return sign | uint(roundEven(uintBitsToFloat(magnitude) * 512.0));  // of 2^-9
  return sign | min(((magnitude + 0x7FFFFu + (magnitude >> 20 & 1u)) >> 20) - 960u, 0x7Eu);
}

uint wordOf(bool isKey, uint kind, uint from, uint size, uint w) {
  if (kind == kKvFloats) return floatBitsToUint(elementOf(isKey, from, size, w));
  if (kind == kKvHalves)
    return halfBits(elementOf(isKey, from, size, 2 * w)) | halfBits(elementOf(isKey, from, size, 2 * w + 1)) << 16;
  uint word = 0;
  for (uint i = 0; i < 4; ++i) word |= smallFloat(elementOf(isKey, from, size, 4 * w + i)) << (8 * i);
  return word;
}

void storeBytes(bool isKey, uint from, uint size, uint words, uint codes, uint scales) {
  uint magnitude = 0;
  for (uint e = 0; e < size; ++e)
    magnitude = max(magnitude, floatBitsToUint(elementOf(isKey, from, size, e)) & 0x7FFFFFFFu);
  const uvec2 scale = rowScale(magnitude, kLargestCodeBits);
  put(isKey, scales, scale.x);
  for (uint w = 0; w < words; ++w) {
    uint word = 0;
    for (uint i = 0; i < 4; ++i) {
      precise float multiplied = elementOf(isKey, from, size, 4 * w + i) * uintBitsToFloat(scale.y);
      word |= (uint(int(roundEven(scale.y == 0u ? 0.0 : multiplied))) & 0xFFu) << (8 * i);
    }
    put(isKey, codes + w, word);
  }
}

// Bits of a block's scale and of its reciprocal, 0 where it has none.
uvec2 blockScales(uint kind, uint extreme) {
  const uint magnitude = extreme & 0x7FFFFFFFu;
  if (magnitude < kLeastBits) return uvec2(0u);  // so small that FP16 has zero for it
  if (kind == kKvByteBlocks) {
    const uint scale = dividedBits(magnitude, kLargestCodeBits);
    return uvec2(scale, dividedBits(0x3F800000u, scale));
  }
  const uint scale = magnitude - (3u << 23), sign = ~extreme & 0x80000000u;  // divided by -8
  return uvec2(scale | sign, dividedBits(0x3F800000u, scale) | sign);
}

// Halves away from zero.
uint byteCode(float x, float inverse) {
  precise float multiplied = x * inverse;
  const int whole = int(multiplied);
  const float rest = multiplied - float(whole);
  return uint(whole + (rest >= 0.5 ? 1 : 0) - (rest <= -0.5 ? 1 : 0)) & 0xFFu;
}

uint nibbleCode(float x, float inverse) {
  precise float multiplied = x * inverse;
  precise float moved = multiplied + 8.5;
  return uint(min(int(moved), 15));
}

// Codes of a block, and what is returned is its scale as FP16.
uint storeBlock(bool isKey, uint kind, uint from, uint size, uint first, uint words, uint codes) {
  uint extreme = 0;  // of those of the largest magnitude the first
  for (uint e = first; e < min(first + kBlock, size); ++e) {
    const uint bits = floatBitsToUint(elementOf(isKey, from, size, e));
    if ((bits & 0x7FFFFFFFu) > (extreme & 0x7FFFFFFFu)) extreme = bits;
  }
  const bool isFinite = (extreme & 0x7FFFFFFFu) < kInfinityBits;
  const uvec2 scales = isFinite ? blockScales(kind, extreme) : uvec2(0u);
  const uint each = kind == kKvByteBlocks ? 4u : 8u, begin = first / each;
  for (uint w = begin; w < min(begin + kBlock / each, words); ++w) {
    uint word = 0;
    for (uint i = 0; i < each; ++i) {
      const float x = isFinite ? elementOf(isKey, from, size, w * each + i) : 0.0;
      word |= kind == kKvByteBlocks ? byteCode(x, uintBitsToFloat(scales.y)) << (8 * i)
                                    : nibbleCode(x, uintBitsToFloat(scales.y)) << (4 * i);
    }
    put(isKey, codes + w, word);
  }
  if (!isFinite) return kHalfNan;
  const uint half16 = halfBits(uintBitsToFloat(scales.x));
  return (half16 & 0x7FFFu) == 0x7C00u ? half16 - 1u : half16;  // kept finite
}

// @param i invocation of a token's row  @param source the row's first float
void store(bool isKey, uint kind, uint i, uint row, uint source, uint size) {
  const uint octets = (size + 7) / 8, units = kvStoreUnits(octets, kind), words = 4 * kvHeadQuads(octets, kind);
  const uint head = i / units, unit = i % units, from = source + head * size;
  const uint start = row * 4 * kvRowQuads(push.kvHeads, octets, kind), codes = start + head * words;
  const uint scales = start + push.kvHeads * words + head * kvScaleWords(octets, kind);
  if (kind == kKvBytes) {
    storeBytes(isKey, from, size, words, codes, scales);
  } else if (kvIsBlocks(kind)) {
    uint scale = 0;
    for (uint b = 0; b < 2 && (2 * unit + b) * kBlock < size; ++b)
      scale |= storeBlock(isKey, kind, from, size, (2 * unit + b) * kBlock, words, codes) << (16 * b);
    put(isKey, scales + unit, scale);
  } else {
    put(isKey, codes + unit, wordOf(isKey, kind, from, size, unit));
  }
}

void main() {
  const uint i = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y, row = STATE.firstPosition + t;
  const uint keyUnits = push.kvHeads * kvStoreUnits((push.keyHead + 7) / 8, keyKind);
  const uint valueUnits = push.kvHeads * kvStoreUnits((push.valueHead + 7) / 8, valueKind);
  if (i < keyUnits)
    store(true, keyKind, i, row, push.key + t * push.keyStride, push.keyHead);
  else if (i < keyUnits + valueUnits)
    store(false, valueKind, i - keyUnits, row, push.value + t * push.valueStride, push.valueHead);
  else if (i < keyUnits + valueUnits + push.queryPairs)
    rotateQuery(i - keyUnits - valueUnits, t);
}
