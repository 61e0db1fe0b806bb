// What host and kernels agree on, compiled as C++ and as GLSL: sizes, descriptor bindings and push constants.
// The structs have members of four bytes only, which both languages lay out one behind the other.
#ifndef QS_GPU_INTERFACE_H
#define QS_GPU_INTERFACE_H

#ifdef __cplusplus
#include <cstdint>
namespace gpu {
using uint = std::uint32_t;
#define QS_CONSTANT inline constexpr
#define QS_FUNCTION constexpr
#else
#define QS_CONSTANT const
#define QS_FUNCTION
#endif

// Packed weights (common/unit.glsl).
QS_CONSTANT uint kTileRows = 32u;      // rows that lie interleaved
QS_CONSTANT uint kUnitValues = 32u;    // values along the row
QS_CONSTANT uint kTilesTogether = 2u;  // tiles of one workgroup of matmul_lanes and matmul_tiles

// Activations: what lies behind a row's width up to its stride is zero.
QS_FUNCTION uint strideOf(uint width) { return (width + 31u) / 32u * 32u; }
QS_CONSTANT uint kNone = 0xFFFFFFFFu;  // no such place in the arena or among the constants

// Workgroups whose size is fixed.
QS_CONSTANT uint kMatMulTilesWorkgroup = 256u;
QS_CONSTANT uint kAttentionWorkgroup = 128u;  // of attention_splits and attention_tiles, which every device has
QS_CONSTANT uint kAttentionTile = 128u;       // positions whose weights attention_splits keeps
QS_CONSTANT uint kAttentionExponents = 16u;   // invocations that share the weights of one of up to eight rows
// Its shared memory.
QS_FUNCTION uint attentionSplitsSharedBytes(uint heads, uint keyOctets) {
  return (heads * (keyOctets * 8u + kAttentionTile + kAttentionExponents + 1u) + kAttentionWorkgroup * 8u) * 4u;
}
QS_CONSTANT uint kAttentionPositions = 64u;  // whose weights attention_tiles keeps
// Its shared memory: of each row (a head of a token) the query, the weights and what is known of them, and what is
// exchanged: quarters of scores, in the end the sums of a row.
QS_FUNCTION uint attentionTilesSharedBytes(uint rows, uint keyOctets) {
  const uint quarters = rows * kAttentionPositions * 4u, sums = kAttentionWorkgroup * 8u;
  return (rows * (keyOctets * 8u + kAttentionPositions + kAttentionExponents + 3u) +
          (quarters > sums ? quarters : sums)) *
         4u;
}
// Shared memory of matmul_tiles: a unit of each row and token, and a quad and a word against bank conflicts.
QS_FUNCTION uint matMulTilesSharedBytes(uint tokens) {
  return kUnitValues * (kTilesTogether * kTileRows + 4u + tokens + 1u) * 4u;
}
// Of matmul_matrices: quads of FP16 from a row's or token's unit to the next one's, two of them against bank conflicts.
QS_CONSTANT uint kMatMulMatricesStride = kUnitValues / 4u + 2u;
// A unit of each row and token in two halves, a matrix of sums of each subgroup, and what lines have beside.
QS_FUNCTION uint matMulMatricesSharedBytes(uint rows, uint tokens, uint subgroups, uint matrixValues) {
  return (rows + tokens) * (2u * kMatMulMatricesStride * 8u + 12u) + subgroups * matrixValues * 4u + 8u;
}

// Descriptor sets.
QS_CONSTANT uint kMainSet = 0u;
QS_CONSTANT uint kWeightsBinding = 0u;
QS_CONSTANT uint kWeightQuadTexelsBinding = 1u;  // weights as 16-byte words
QS_CONSTANT uint kWeightWordTexelsBinding = 2u;  // weights as 4-byte words
QS_CONSTANT uint kArenaBinding = 3u;             // activations
QS_CONSTANT uint kArenaTexelsBinding = 4u;       // as vectors of four floats
QS_CONSTANT uint kConstantsBinding = 5u;         // norms, biases, code books and lattices
QS_CONSTANT uint kConstantTexelsBinding = 6u;
QS_CONSTANT uint kStateBinding = 7u;
QS_CONSTANT uint kTablesBinding = 8u;  // the constants' first kTableWords words as a uniform buffer
QS_CONSTANT uint kMainBindings = 9u;

QS_CONSTANT uint kKvSet = 1u;
QS_CONSTANT uint kKeysBinding = 0u;
QS_CONSTANT uint kValuesBinding = 1u;
QS_CONSTANT uint kKeyTexelsBinding = 2u;  // as 16-byte words
QS_CONSTANT uint kValueTexelsBinding = 3u;
QS_CONSTANT uint kRotationBinding = 4u;
QS_CONSTANT uint kKvBindings = 5u;

// A uniform buffer of that size is what the Lanes family needs beyond Vulkan's minimum.
QS_CONSTANT uint kTableWords = 8192u;

// What changes from token to token of a sequence, so that recorded commands need not. Those of a batch come first in
// the state buffer, then the batch's tokens.
struct SequenceState {
  uint firstPosition;  // of its first token in the batch
  uint read, write;    // slots of states before and behind the batch; read may be kNone: 0
  uint known;          // of the logits, how many stand for a token that can be chosen
  float inverseTemperature;
  uint unused[3];
};
QS_CONSTANT uint kMostSequences = 16u;  // of a batch

// Push constants. Those of kernels that work on the rows of one sequence say which of the batch's it is. Places are
// counted in floats of the arena, or in quads of four where they are called so; strides lead from token to token.

// Up to three weights that share their input and layout make one dispatch.
struct MatMulSegment {
  uint base;      // quad where the weights begin
  uint tiles;     // of rows
  uint result;    // first result
  uint stride;    // of result and residual
  uint bias;      // first constant, or kNone
  uint residual;  // what is added, or kNone
  uint table;     // first constant of the code book; of coded inputs the first float that they were made of, or kNone
  uint row;       // of the whole tensor: first row here
};
struct MatMulPush {
  uint inQuad, inStrideQuads;
  uint units;  // per row
  uint tokenCount;
  uint groups;         // scales per row
  uint unitsPerGroup;  // 1 where a unit has several groups
  uint segments;       // how many, each for itself, or kSwiGluPairing
  uint norm;           // matmul_rows, where it normalizes its inputs: first constant of the norm's weight
  MatMulSegment segment[3];
};
// Of a product of experts the third segment says which matrices of the stack tokens go through: base and tiles are the
// routes' first float and stride, result how many slots a token has, stride and bias how far slots are apart, in floats
// of the result and quads of the input (0: they share it), residual and table the first expert of this part and their
// number, row the tiles of each.
QS_CONSTANT uint kSwiGluPairing = 0u;  // silu(segment 0) · segment 1
// What weights, inputs and results are rounded to: core::quant::ComputeType.
QS_CONSTANT uint kComputeFp32 = 0u;
QS_CONSTANT uint kComputeFp16 = 1u;
QS_CONSTANT uint kComputeBf16 = 2u;

struct AttentionPush {
  uint query, queryStride;
  uint result, resultStride;
  uint heads, kvHeads;
  uint headSize, valueHeadSize;
  uint window;    // positions a query sees, itself included; 0: all
  float scale;    // 1 / sqrt(head size)
  float softCap;  // of scores; 0: none
  uint sinks;     // first constant, or kNone
  uint last;      // position that every query sees up to; kNone: its own
  uint splits;    // parts of the positions that have a workgroup each
  uint parts;     // first float of their results
  uint tokens;    // of the batch
  uint sequence;
};
// What each part of the positions leaves of a token's query head, [tokens, heads, splits]: the largest score, the sum
// of the weights exp(score - largest), 0 where the part has no position, and the values' sums.
QS_FUNCTION uint attentionPartStride(uint valueHeadSize) { return valueHeadSize + 2u; }

struct EmbedPush {
  uint base, units, groups, unitsPerGroup, table;  // as in MatMulSegment and MatMulPush
  uint row, rows;                                  // rows of the whole tensor that this part has
  uint width;                                      // of a row, without padding
  uint result, stride;
  uint first, step;  // by position: the row of a position p is first + step · p
  uint sequence;     // likewise
};

struct RmsNormPush {
  uint inQuad, inStrideQuads;
  uint resultQuad, resultStrideQuads;
  uint weightQuad;  // first constant, in quads
  uint width;       // of a row or, of rms_norm.heads, of a head, without padding
  uint heads;
  float epsilon;
};

struct LayerNormPush {
  uint from, stride, result, resultStride;  // of in and result
  uint weight, bias;                        // first constants; the bias may be kNone
  uint width;                               // of what is normed: a row, or each of its heads
  uint heads;
  float epsilon;
};

// core::model::Route
struct RoutePush {
  uint logits, stride, result, resultStride;
  uint experts, used;
  uint groups, usedGroups;
  uint weight, bias;  // first constants, or kNone
  float sumEpsilon, scale;
};
QS_CONSTANT uint kRouteWorkgroup = 32u;
QS_CONSTANT uint kMostExperts = 1024u;
QS_CONSTANT uint kMostUsedExperts = 64u;
QS_CONSTANT uint kMostExpertGroups = 64u;

// result = Σ_k weight k of the routes · slot k of in
struct MixExpertsPush {
  uint inQuad, inStrideQuads, slotQuads;
  uint routes, routeStride;  // floats
  uint resultQuad, resultStrideQuads;
  uint used;
};

struct ElementwisePush {
  uint inQuad, secondQuad, resultQuad;
  uint strideQuads;  // of all three
  float parameter;
};
QS_CONSTANT uint kAddOperation = 0u;      // in + second
QS_CONSTANT uint kSwiGluOperation = 1u;   // silu(in) · second
QS_CONSTANT uint kGeGluOperation = 2u;    // gelu(in) · second
QS_CONSTANT uint kScaleOperation = 3u;    // in · parameter
QS_CONSTANT uint kSoftCapOperation = 4u;  // parameter · tanh(in / parameter)
QS_CONSTANT uint kGeluOperation = 5u;     // gelu(in)
// min(in, 7) / (1 + e^(−1.702 min(in, 7))) · (clamp(second, −7, 7) + 1)
QS_CONSTANT uint kClampedSwiGluOperation = 6u;
QS_CONSTANT uint kProductOperation = 7u;     // in · second
QS_CONSTANT uint kSigmoidGluOperation = 8u;  // second / (1 + e^−in)
QS_CONSTANT uint kGeluErfOperation = 9u;     // gelu(in) by the error function
// What map_columns knows beside Scale, SoftCap, Gelu and GeluErf.
QS_CONSTANT uint kSiluOperation = 10u;
QS_CONSTANT uint kSigmoidOperation = 11u;
QS_CONSTANT uint kSoftplusOperation = 12u;
QS_CONSTANT uint kExpOperation = 13u;

// result = f(weight · in + bias), column by column; what lies behind the width is 0
struct MapColumnsPush {
  uint inQuad, inStrideQuads, resultQuad, resultStrideQuads;
  uint width;
  uint weight, bias;      // first constants, or kNone
  uint ofWeight, ofBias;  // columns that share an element
  uint operation;         // one of the elementwise ones of one value
  float parameter;
};

// result[t][c] = Σ_j weight[c][j] · x[t − (taps − 1) + j][c] (+ bias[c]), x being the state and then in
struct ShortConvPush {
  uint from, stride, result, resultStride;
  uint width, taps;
  uint weight, bias;  // first constants, rows of the weight strideOf(taps) apart; the bias may be kNone
  uint stateStride;   // floats of a slot
  uint tokens;        // of the batch
  uint sequence;
};

// core::model::JoinHeads
struct JoinHeadsPush {
  uint first, firstStride, second, secondStride;
  uint firstSize, secondSize;  // of a head
  uint secondHeads;
  uint result, resultStride, width;
};

// core::model::LinearAttention. Places of the arena and their strides.
struct LinearAttentionPush {
  uint query, queryStride, key, keyStride, value, valueStride;
  uint decay, decayStride, strength, strengthStride;
  uint result, resultStride;
  uint heads, keyHeads, valueSize;
  uint isRepeated;  // 1: head h goes with key head h mod keyHeads, 0: neighbours share one
  uint isDelta;
  uint stateStride;  // floats of a slot
  uint tokens;       // of the batch
  float scale, normEpsilon;
  uint sequence;
};

// result = in[first + (i / room) · step + i mod room], 0 where i mod room ≥ block
struct SlicePush {
  uint first, stride, step, block, room;  // float of the arena; of the input
  uint resultQuad, resultStrideQuads;
  uint width;
};

// One value or two, rotated in place.
struct RopePush {
  uint headSize, pairs;  // pairs per head
  uint table;            // first entry of the frequencies' angles
  uint first, firstStride;
  uint second, secondStride;
  uint firstPairs;  // per token of the first value
  uint allPairs;    // of both
  uint sequence;
};

// result[k] = in[order[k]] · factors[k]
struct ArrangeColumnsPush {
  uint from, inStride, result, resultStride;
  uint width;
  uint order, factors;  // first constants, or kNone
};

struct QuantizeRowsPush {
  uint from, inStride, result, resultStride;
  uint width;
  uint rows;
  uint kind;             // one of the following
  int zeroPoint;         // of static bytes
  float scale, inverse;  // of static ones
  float threshold;       // |x| from here on is an outlier; 0: nothing is one
  float outlierScale;    // of a row with kOutlierBytes over its absmax
};
QS_CONSTANT uint kDynamicBytes = 0u;
QS_CONSTANT uint kStaticBytes = 1u;
QS_CONSTANT uint kOutlierBytes = 2u;
QS_CONSTANT uint kDynamicFloats = 3u;
QS_CONSTANT uint kStaticFloats = 4u;
// core::model::CodedRow
QS_CONSTANT uint kCodedHead = 4u;
QS_CONSTANT uint kCodeWords = 8u;
QS_CONSTANT uint kSumWords = 2u;
QS_FUNCTION uint codedSums(uint units) { return kCodedHead + units * kCodeWords; }
QS_FUNCTION uint codedMasks(uint units) { return codedSums(units) + units * kSumWords; }
// core::model::ops::kChains and kMostSummed, the latter in units.
QS_CONSTANT uint kSumChains = 8u;
QS_CONSTANT uint kMostSummedUnits = 1024u;

// What keys, or values, are (core::model::KvFormat), and what a head of a row takes: whole quads of codes. Behind the
// heads of a row follow their scales, in whole quads: of bytes one in FP32 for each head, of blocks of 32 values two in
// FP16 to a word, whole words for each head.
QS_CONSTANT uint kKvFloats = 0u;
QS_CONSTANT uint kKvHalves = 1u;
QS_CONSTANT uint kKvBytes = 2u;
QS_CONSTANT uint kKvByteBlocks = 3u;    // Q8_0
QS_CONSTANT uint kKvSmallFloats = 4u;   // FP8 E4M3
QS_CONSTANT uint kKvNibbleBlocks = 5u;  // Q4_0
QS_FUNCTION uint kvHeadQuads(uint octets, uint kind) {
  return kind == kKvFloats         ? 2u * octets
         : kind == kKvHalves       ? octets
         : kind == kKvNibbleBlocks ? (octets + 3u) / 4u
                                   : (octets + 1u) / 2u;
}
QS_FUNCTION bool kvIsBlocks(uint kind) { return kind == kKvByteBlocks || kind == kKvNibbleBlocks; }
QS_FUNCTION uint kvScaleWords(uint octets, uint kind) {
  return kvIsBlocks(kind) ? (octets + 7u) / 8u : kind == kKvBytes ? 1u : 0u;
}
QS_FUNCTION uint kvRowQuads(uint heads, uint octets, uint kind) {
  return heads * kvHeadQuads(octets, kind) + (heads * kvScaleWords(octets, kind) + 3u) / 4u;
}
// Invocations that write a head: one for a word, or where there are scales for what one word of them is of.
QS_FUNCTION uint kvStoreUnits(uint octets, uint kind) {
  return kvIsBlocks(kind) || kind == kKvBytes ? kvScaleWords(octets, kind) : 4u * kvHeadQuads(octets, kind);
}

struct StoreKvPush {
  uint key, keyStride, keyHead;        // values per head
  uint value, valueStride, valueHead;  // the same of the values
  uint kvHeads;
  // Where keys are rotated on their way (kRotatesHalves …): a query that is, too, in place.
  uint query, queryStride, queryPairs;  // pairs of all its heads
  uint pairs, table;                    // as in RopePush
  uint sequence;
};
QS_CONSTANT uint kRotatesNothing = 0u;
QS_CONSTANT uint kRotatesHalves = 1u;
QS_CONSTANT uint kRotatesNeighbours = 2u;

struct ColumnSumsPush {
  uint inQuad, strideQuads;
  uint rows;
  uint resultQuad;  // sums, sums of squares and largest magnitudes, each strideQuads
};
QS_CONSTANT uint kColumnSumsQuads = 8u;    // columns of a workgroup, in quads
QS_CONSTANT uint kColumnSumsSlices = 16u;  // invocations that share a column

struct CandidatesPush {
  uint inQuad, vocabulary;
  uint result;  // first word of the slices' results
  uint count;   // how many of the largest are wanted, at most half the buckets
  uint sequence;
};
QS_CONSTANT uint kCandidateSlice = 4096u;  // logits of a workgroup
QS_CONSTANT uint kCandidateBuckets = 256u;
QS_CONSTANT uint kCandidatesWorkgroup = 64u;
// Words of a slice's result: the head, logits, ids.
QS_CONSTANT uint kCandidatesFound = 0u;  // how many are as large as the threshold; may be more than there are slots
QS_CONSTANT uint kCandidatesOdd = 1u;    // 1: some logit is no finite number
QS_CONSTANT uint kCandidatesLargest = 2u;
QS_CONSTANT uint kCandidatesSum = 3u;       // of e^(logit - largest)
QS_CONSTANT uint kCandidatesWeighted = 4u;  // of that times (logit - largest)
QS_CONSTANT uint kCandidatesCooled = 5u;    // of e^((logit - largest) / temperature)
QS_CONSTANT uint kCandidatesHead = 8u;
// 128 buckets' worth of maxima are met by 177 logits at random, 40 by 44.
QS_FUNCTION uint candidateSlots(uint count) { return 2u * count; }
QS_FUNCTION uint candidateStride(uint count) { return kCandidatesHead + 2u * candidateSlots(count); }

#ifdef __cplusplus
}  // namespace gpu
#endif
#endif
