// How many words the scales, minima and zero-points of a tile take in each packed layout (C++ and GLSL). How they lie
// there is described in dequant/.
#ifndef QS_GPU_PARAM_WORDS_H
#define QS_GPU_PARAM_WORDS_H

#ifdef __cplusplus
#include "gpu/shaders/common/interface.h"
namespace gpu {
#else
#include "common/interface.h"
#endif

// FP16 in pairs; a word each; bytes.
QS_FUNCTION uint halfPairWords(uint groups) { return (groups + 1u) / 2u * kTileRows; }
QS_FUNCTION uint singleWords(uint groups) { return groups * kTileRows; }
QS_FUNCTION uint byteWords(uint groups) { return (groups + 3u) / 4u * kTileRows; }

// The Integer layout: what a group's scale and zero-point are.
QS_CONSTANT uint kHalfScales = 0u;          // FP16, the same zero everywhere
QS_CONSTANT uint kHalfScalesAndZeros = 1u;  // FP16 | zero as int16 << 16
QS_CONSTANT uint kFullScales = 2u;          // FP32, the same zero everywhere
QS_CONSTANT uint kFullScalesAndZeros = 3u;  // FP32, then zero as FP32
QS_CONSTANT uint kBrainScales = 4u;         // BF16, the same zero everywhere
QS_FUNCTION uint integerParamWords(uint scaleMode, uint groups) {
  return scaleMode == kHalfScales || scaleMode == kBrainScales ? halfPairWords(groups)
         : scaleMode == kFullScalesAndZeros                    ? 2u * singleWords(groups)
                                                               : singleWords(groups);
}

// Levels of more than 16: looked up, or computed from factors behind the table.
QS_CONSTANT uint kTableLevels = 0u;
QS_CONSTANT uint kDecadeLevels = 1u;
QS_CONSTANT uint kRatioLevels = 2u;

// Tables of levels of a row or group, FP16 and BF16 in pairs.
QS_CONSTANT uint kOneTable = 0x7FFFFFFFu;  // units that share one, where a row has no other
QS_FUNCTION uint levelWords(uint levelMode, uint bits) {
  return levelMode == kFullScales ? 1u << bits : 1u << (bits - 1u);
}

// The CodeBook layout. Its table among the constants: the code book, and where the absmax are nested the map of their
// codes, the offset, and the absmax of each kNestedBlock blocks.
QS_CONSTANT uint kCodeBookValues = 16u;
QS_CONSTANT uint kNestedMapValues = 256u;
QS_CONSTANT uint kNestedMap = kCodeBookValues;
QS_CONSTANT uint kNestedOffset = kNestedMap + kNestedMapValues;
QS_CONSTANT uint kNestedAbsmax = kNestedOffset + 1u;
QS_CONSTANT uint kNestedBlock = 256u;
QS_FUNCTION uint codeBookParamWords(bool nested, uint groups) {
  return nested ? byteWords(groups) : singleWords(groups);  // or FP32
}

// Super-blocks of 256 values.
QS_FUNCTION uint superBlocks(uint units) { return (units + 7u) / 8u; }
QS_FUNCTION uint q2kParamWords(uint units) { return superBlocks(units) * 5u * kTileRows; }
QS_FUNCTION uint q3kParamWords(uint units) {
  return superBlocks(units) * 3u * kTileRows + halfPairWords(superBlocks(units));
}
QS_FUNCTION uint q4kParamWords(uint units) { return superBlocks(units) * 4u * kTileRows; }
QS_FUNCTION uint q6kParamWords(uint units) {
  return superBlocks(units) * 4u * kTileRows + halfPairWords(superBlocks(units));
}
QS_FUNCTION uint iq2xxsParamWords(uint units) { return halfPairWords(superBlocks(units)); }
QS_FUNCTION uint iq2xsParamWords(uint units) {
  return superBlocks(units) * 2u * kTileRows + halfPairWords(superBlocks(units));
}
// 16 bits of each unit, and d.
QS_FUNCTION uint extraAndHalfWords(uint units) { return halfPairWords(units) + halfPairWords(superBlocks(units)); }
QS_FUNCTION uint iq1mParamWords(uint units) { return halfPairWords(units) + superBlocks(units) * 2u * kTileRows; }
QS_FUNCTION uint iq3CodesParamWords(uint units) {
  return superBlocks(units) * kTileRows + halfPairWords(superBlocks(units));
}
QS_FUNCTION uint iq4xsParamWords(uint units) { return superBlocks(units) * 2u * kTileRows; }

// Tables of the lattice types, in words.
QS_CONSTANT uint kIq2XxsWords = 256u;
QS_CONSTANT uint kIq2XsWords = 512u;
QS_CONSTANT uint kIq2SWords = 1024u;
QS_CONSTANT uint kIq3XxsWords = 256u;
QS_CONSTANT uint kIq3SWords = 512u;
QS_CONSTANT uint kIq1Words = 1024u;
QS_CONSTANT uint kAllLatticeWords = kIq2XxsWords + kIq2XsWords + kIq2SWords + kIq3XxsWords + kIq3SWords + kIq1Words;

#ifdef __cplusplus
}  // namespace gpu
#endif
#endif
