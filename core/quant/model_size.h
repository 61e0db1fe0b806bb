#pragma once
#include <cstdint>

#include "core/quant/scheme.h"

namespace core::quant {

/// Bits that one weight of a large matrix costs: its code and its share of scales, zero-points, second levels and
/// learned code books, as storedSize counts them for a matrix of 8192 × 8192.
double largeMatrixBitsPerWeight(const Format& format);

/// Where the parameters of a language model stand, as far as their size goes. Norms are too few to count.
struct ModelParameters {
  double blocks = 0;     ///< matrices of the blocks: what schemes apply to
  double embedding = 0;  ///< one row per word of the vocabulary
  double head = 0;       ///< the output matrix; 0 where the embedding serves as one
};

/// Bytes of the weights with the blocks in one format and embedding and head in another.
double weightBytes(const ModelParameters& parameters, const Format& blocks, const Format& ends);

/// What a context costs beside the weights.
struct KvDimensions {
  double layers = 0;
  double kvHeads = 0;   ///< fewer than the heads of the queries where these share them
  double headSize = 0;  ///< values per head
};
/// Bytes of the keys and values of `tokens` tokens: 2 · layers · kvHeads · headSize · bytesPerValue each.
double kvCacheBytes(const KvDimensions& dimensions, double tokens, double bytesPerValue = 2);

}  // namespace core::quant
