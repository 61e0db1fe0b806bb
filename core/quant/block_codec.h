#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/tensor/dtype.h"

namespace core::quant {

/// How one stored dtype becomes float32 and, where we write it, comes from float32; of a GGUF block type all that there
/// is to know beside its layout (core/tensor): its scheme's name and its preset follow from it.
/// A plain dtype is a block of one value.
struct BlockCodec {
  /// Decodes `blockCount` blocks of info(dtype).blockBytes into blockCount · blockValues floats. Total.
  using Decode = void (*)(const std::uint8_t* blocks, std::size_t blockCount, float* out);
  /// Encodes blockCount · blockValues floats, any of them NaN or infinite, into `blocks`.
  using Encode = void (*)(const float* values, std::size_t blockCount, std::uint8_t* blocks);
  /// The same for the blocks of one row, where the squared error of column c weighs importance[c] (finite, ≥ 0;
  /// blockCount · blockValues of them).
  using EncodeByImportance = void (*)(const float* values, std::size_t blockCount, const float* importance,
                                      std::uint8_t* blocks);

  tensor::DType dtype;
  Decode decode;                      ///< never null
  Encode encode;                      ///< null where nothing is made of this type: integers, FP64, activation formats
  std::uint32_t codeBits = 0;         ///< bits of an element's code in a block type that is a scheme; else 0
  std::string_view description = {};  ///< of that scheme, one sentence
  EncodeByImportance encodeByImportance = nullptr;  ///< null where importance changes nothing
};

/// Every codec; block types that are schemes in the order people should see them.
std::span<const BlockCodec> blockCodecs();
/// The codec of a dtype; null when it has none.
const BlockCodec* blockCodec(tensor::DType dtype);

}  // namespace core::quant
