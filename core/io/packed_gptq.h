#pragma once
#include <cstdint>
#include <vector>

#include "core/io/packed_tensor.h"

namespace core::io {

/// A weight as AutoGPTQ and GPTQModel store it. Codes u of `bits` bits run along the inputs of each output: bit
/// (c · bits) of the stream of output r begins in word c · bits / 32 of column r of NAME.qweight [words, outputs].
///   weight[r, c] = scales[g, r] · (u − zero),   zero = (stored + zeroOffset) mod 2^bits,   g = c's group
/// Source: AutoGPTQ 0.7 (qlinear_cuda_old.py: the sum is masked behind the addition), GPTQModel (utils/model.py).
struct GptqWeight {
  std::uint32_t bits = 4;  ///< 2, 3, 4 or 8
  std::uint64_t rows = 0, columns = 0, words = 0;
  std::uint64_t groupSize = 0, groups = 0;
  std::uint32_t zeroOffset = 1;        ///< 0 in version 2, whose zero-points are stored as they are
  const TensorInfo* scales = nullptr;  ///< [groups, rows]
  const TensorInfo* zeros = nullptr;   ///< [groups, words]: streams along the outputs; null: 2^(bits − 1) everywhere
  std::vector<std::uint32_t> order;    ///< the columns sorted by group; empty where they lie so
};
/// @throws Error (InvalidFile) with a clause that says what does not fit
GptqWeight gptqWeight(const PackedTensor& tensor);

}  // namespace core::io
