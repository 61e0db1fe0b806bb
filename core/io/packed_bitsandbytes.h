#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "core/io/packed_tensor.h"

namespace core::io {

/// What bitsandbytes keeps in NAME.quant_state.bitsandbytes__nf4 (or __fp4): UTF-8 JSON.
struct Bitsandbytes4State {
  tensor::Shape shape;                           ///< of the weight; no axes when it is not stated
  std::uint64_t blockSize = 0;                   ///< values per absmax; 0 when not stated
  std::optional<std::uint64_t> nestedBlockSize;  ///< absmax codes per nested absmax: double quantization
  double nestedOffset = 0.0;
};
/// @throws Error (InvalidFile) when it is no JSON object
Bitsandbytes4State parseBitsandbytes4State(std::span<const std::byte> json);

/// A weight in NF4 or FP4: NAME holds a code in each half of a byte, the first one in the high half.
struct Bitsandbytes4Weight {
  bool isNf4 = false;
  Bitsandbytes4State state;
  const TensorInfo* map = nullptr;           ///< 16 levels
  const TensorInfo* absmax = nullptr;        ///< of each block: floats, or codes under double quantization
  const TensorInfo* nestedAbsmax = nullptr;  ///< of each block of those codes
  const TensorInfo* nestedMap = nullptr;     ///< 256 levels
};
/// @throws Error (InvalidFile) with a clause that says which piece does not fit
Bitsandbytes4Weight bitsandbytes4Weight(const PackedTensor& tensor);

/// A weight of Linear8bitLt: NAME.weight holds signed bytes, NAME.SCB the largest magnitude of each row.
struct Bitsandbytes8Weight {
  const TensorInfo* absmax = nullptr;
};
Bitsandbytes8Weight bitsandbytes8Weight(const PackedTensor& tensor);

}  // namespace core::io
