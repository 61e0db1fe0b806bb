// The kernels' specialization constants by name, as C++ and as GLSL: QS_X(ENTRY) lists those of X as
// ENTRY(id, type, name). Kernels turn the list into constants, the host into a struct of the same names. Id 0 is the
// workgroup's size wherever that can be chosen.
#ifndef QS_GPU_SPECIALIZATION_H
#define QS_GPU_SPECIALIZATION_H

#define QS_MATMUL_LANES(ENTRY)                                                             \
  ENTRY(1, int, laneRows)     /* rows of a tile per lane */                                \
  ENTRY(2, int, tokensEach)   /* tokens that share a decoded weight */                     \
  ENTRY(3, uint, computeType) /* kComputeFp32 … */                                       \
  ENTRY(4, uint, farTable)    /* 1: the table lies behind what the uniform buffer shows */ \
  ENTRY(5, uint, isRouted)    /* 1: the weight is a stack, of which every token has its own matrices */

#define QS_MATMUL_ROWS(ENTRY)                                                         \
  ENTRY(1, uint, splits)   /* invocations that share a row: the workgroup's y size */ \
  ENTRY(2, uint, rowsEach) /* of a tile that a workgroup has: its x size */           \
  ENTRY(3, uint, computeType)                                                         \
  ENTRY(5, uint, isRouted)                                                            \
  ENTRY(6, uint, normWidth)   /* values of the inputs' RMS norm, 0: there is none */  \
  ENTRY(7, uint, normEpsilon) /* as bits of a float */

#define QS_MATMUL_TILES(ENTRY) \
  ENTRY(1, uint, tileTokens)   \
  ENTRY(3, uint, computeType)

#define QS_MATMUL_MATRICES(ENTRY)                                             \
  ENTRY(1, uint, tileRows) /* of a workgroup */                               \
  ENTRY(2, uint, tileTokens)                                                  \
  ENTRY(3, uint, computeType)                                                 \
  ENTRY(4, uint, matrixRows) /* of weights; of inputs matrixTokens columns */ \
  ENTRY(5, uint, matrixTokens)                                                \
  ENTRY(6, uint, matrixDepth)                                                 \
  ENTRY(7, uint, subgroupsOfRows) /* that a tile is divided among */          \
  ENTRY(13, uint, subgroupsOfTokens)

#define QS_MATMUL_CODES(ENTRY)                                              \
  ENTRY(1, int, laneRows)     /* rows of a tile per invocation */           \
  ENTRY(2, int, tokensEach)   /* tokens that share a weight */              \
  ENTRY(3, uint, computeType) /* kComputeFp32 … */                        \
  ENTRY(4, uint, splits)      /* invocations that share a row, at most 8 */ \
  ENTRY(5, uint, inputZeros)  /* 1: inputs have zero-points */              \
  ENTRY(6, uint, width)       /* of the weight, without padding */          \
  ENTRY(7, uint, isRouted)

#define QS_ARRANGE_COLUMNS(ENTRY)
#define QS_QUANTIZE_ROWS(ENTRY)

#define QS_ATTENTION_LANES(ENTRY)                                    \
  ENTRY(1, uint, keyKind) /* kKvFloats … */                        \
  ENTRY(2, uint, valueKind)                                          \
  ENTRY(3, int, headsEach)   /* query heads that share a key head */ \
  ENTRY(4, int, keyOctets)   /* head size / 8, rounded up */         \
  ENTRY(5, int, valueOctets) /* value head size / 8, rounded up */   \
  ENTRY(6, uint, wholeQuads) /* 1: the head size is a multiple of 4 */

#define QS_ATTENTION_WORKGROUPS(ENTRY) \
  ENTRY(1, uint, keyKind)              \
  ENTRY(2, uint, valueKind)            \
  ENTRY(3, uint, keyOctets)            \
  ENTRY(4, uint, valueOctets)          \
  ENTRY(5, uint, columns) /* power of two ≤ the workgroup: invocations along a value row, an octet each */

#define QS_ATTENTION_SPLITS(ENTRY) \
  ENTRY(1, uint, keyKind)          \
  ENTRY(2, uint, valueKind)        \
  ENTRY(3, uint, keyOctets)        \
  ENTRY(4, uint, valueOctets)      \
  ENTRY(5, uint, columns)          \
  ENTRY(6, int, headsEach) /* query heads that share a key head, at most 8 */
#define QS_ATTENTION_TILES(ENTRY)                                                  \
  ENTRY(1, uint, keyKind)                                                          \
  ENTRY(2, uint, valueKind)                                                        \
  ENTRY(3, uint, keyOctets)                                                        \
  ENTRY(4, uint, valueOctets)                                                      \
  ENTRY(5, uint, columns)                                                          \
  ENTRY(6, int, rowsEach)   /* heads of tokens that share a key head, at most 8 */ \
  ENTRY(7, uint, headsEach) /* of one token; divides rowsEach */
#define QS_ATTENTION_MERGE(ENTRY)

#define QS_CANDIDATES(ENTRY)
#define QS_RMS_NORM(ENTRY)
#define QS_ELEMENTWISE(ENTRY) ENTRY(1, uint, operation)
#define QS_SLICE(ENTRY)
#define QS_MAP_COLUMNS(ENTRY)
#define QS_SHORT_CONV(ENTRY)
#define QS_JOIN_HEADS(ENTRY)
#define QS_LINEAR_ATTENTION(ENTRY) ENTRY(1, uint, keySize) /* rows of a head's matrix */
#define QS_LAYER_NORM(ENTRY)
#define QS_ROUTE(ENTRY)                                             \
  ENTRY(1, uint, isNormed)                                          \
  ENTRY(2, uint, isAll)     /* 1: all experts in their order */     \
  ENTRY(3, uint, isSigmoid) /* 1: scores are sigmoids, 0: shares */ \
  ENTRY(4, uint, areGroupsOfTwo)
#define QS_MIX_EXPERTS(ENTRY)
#define QS_ROPE(ENTRY) ENTRY(1, uint, adjacent) /* 1: pairs are neighbours, 0: halves of a head */
#define QS_STORE_KV(ENTRY)  \
  ENTRY(1, uint, keyKind)   \
  ENTRY(2, uint, valueKind) \
  ENTRY(3, uint, rotates)                          /* kRotatesNothing … */
#define QS_EMBED(ENTRY) ENTRY(1, uint, byPosition) /* 1: rows are those of positions, 0: of tokens */

// Of layouts of weights, beside those of the kernel that reads them.
#define QS_INTEGER_LAYOUT(ENTRY)                                                         \
  ENTRY(8, uint, scaleMode)    /* kHalfScales … */                                     \
  ENTRY(9, int, symmetricZero) /* qmin − zero-point where it is the same everywhere */ \
  ENTRY(10, int, groupsPerUnit)                                                          \
  ENTRY(12, uint, levelRule) /* kTableLevels … */
#define QS_LEARNED_LAYOUT(ENTRY)                                         \
  ENTRY(8, uint, levelMode) /* kHalfScales, kBrainScales, kFullScales */ \
  ENTRY(9, uint, unitsPerTable)
#define QS_CODE_BOOK_LAYOUT(ENTRY) ENTRY(8, uint, nested) /* 1: absmax are bytes under a second scale */

#define QS_WEIGHTS(ENTRY) ENTRY(11, uint, hasFactors) /* 1: rows have a factor beside all scales */

#ifdef __cplusplus

#include "gpu/vk/specialization.h"

namespace gpu {

using uint = std::uint32_t;

#define QS_MEMBER(id, type, name) type name = 0;
#define QS_VALUE(id, type, name) {id, static_cast<std::uint32_t>(name)},
#define QS_KERNEL_CONSTANTS(Name, LIST)                                            \
  struct Name {                                                                    \
    uint workgroup = 0;                                                            \
    LIST(QS_MEMBER)                                                                \
    vk::Specialization values() const { return {{0, workgroup}, LIST(QS_VALUE)}; } \
  };
#define QS_LAYOUT_CONSTANTS(Name, LIST)                            \
  struct Name {                                                    \
    LIST(QS_MEMBER)                                                \
    vk::Specialization values() const { return {LIST(QS_VALUE)}; } \
    bool operator==(const Name&) const = default;                  \
  };

QS_KERNEL_CONSTANTS(MatMulLanesConstants, QS_MATMUL_LANES)
QS_KERNEL_CONSTANTS(MatMulRowsConstants, QS_MATMUL_ROWS)
QS_KERNEL_CONSTANTS(MatMulTilesConstants, QS_MATMUL_TILES)
QS_KERNEL_CONSTANTS(MatMulMatricesConstants, QS_MATMUL_MATRICES)
QS_KERNEL_CONSTANTS(MatMulCodesConstants, QS_MATMUL_CODES)
QS_KERNEL_CONSTANTS(ArrangeColumnsConstants, QS_ARRANGE_COLUMNS)
QS_KERNEL_CONSTANTS(QuantizeRowsConstants, QS_QUANTIZE_ROWS)
QS_KERNEL_CONSTANTS(AttentionLanesConstants, QS_ATTENTION_LANES)
QS_KERNEL_CONSTANTS(AttentionWorkgroupsConstants, QS_ATTENTION_WORKGROUPS)
QS_KERNEL_CONSTANTS(AttentionSplitsConstants, QS_ATTENTION_SPLITS)
QS_KERNEL_CONSTANTS(AttentionTilesConstants, QS_ATTENTION_TILES)
QS_KERNEL_CONSTANTS(AttentionMergeConstants, QS_ATTENTION_MERGE)
QS_KERNEL_CONSTANTS(CandidatesConstants, QS_CANDIDATES)
QS_KERNEL_CONSTANTS(RmsNormConstants, QS_RMS_NORM)
QS_KERNEL_CONSTANTS(ElementwiseConstants, QS_ELEMENTWISE)
QS_KERNEL_CONSTANTS(SliceConstants, QS_SLICE)
QS_KERNEL_CONSTANTS(MapColumnsConstants, QS_MAP_COLUMNS)
QS_KERNEL_CONSTANTS(ShortConvConstants, QS_SHORT_CONV)
QS_KERNEL_CONSTANTS(JoinHeadsConstants, QS_JOIN_HEADS)
QS_KERNEL_CONSTANTS(LinearAttentionConstants, QS_LINEAR_ATTENTION)
QS_KERNEL_CONSTANTS(LayerNormConstants, QS_LAYER_NORM)
QS_KERNEL_CONSTANTS(RouteConstants, QS_ROUTE)
QS_KERNEL_CONSTANTS(MixExpertsConstants, QS_MIX_EXPERTS)
QS_KERNEL_CONSTANTS(RopeConstants, QS_ROPE)
QS_KERNEL_CONSTANTS(StoreKvConstants, QS_STORE_KV)
QS_KERNEL_CONSTANTS(EmbedConstants, QS_EMBED)
QS_LAYOUT_CONSTANTS(IntegerConstants, QS_INTEGER_LAYOUT)
QS_LAYOUT_CONSTANTS(LearnedConstants, QS_LEARNED_LAYOUT)
QS_LAYOUT_CONSTANTS(CodeBookConstants, QS_CODE_BOOK_LAYOUT)
QS_LAYOUT_CONSTANTS(WeightConstants, QS_WEIGHTS)

}  // namespace gpu

#else
#define QS_SPECIALIZE(id, type, name) layout(constant_id = id) const type name = 1;
#endif
#endif
