#pragma once
#include <cstddef>
#include <cstdint>

#include "core/tensor/dtype.h"

namespace core::quant {

/// How one stored dtype becomes float32 and, where we write it, comes from float32.
/// A plain dtype is a block of one value.
struct BlockCodec {
  /// Decodes `blockCount` blocks of info(dtype).blockBytes into blockCount · blockValues floats. Total.
  using Decode = void (*)(const std::uint8_t* blocks, std::size_t blockCount, float* out);
  /// Encodes blockCount · blockValues floats, any of them NaN or infinite, into `blocks`.
  using Encode = void (*)(const float* values, std::size_t blockCount, std::uint8_t* blocks);

  tensor::DType dtype;
  Decode decode;  ///< never null
  Encode encode;  ///< null where only stored files of this type can be read
};

/// The codec of a dtype; null when it has none.
const BlockCodec* blockCodec(tensor::DType dtype);

}  // namespace core::quant
