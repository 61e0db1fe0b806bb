#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/quant/scheme.h"
#include "core/tensor/tensor_view.h"

namespace core::quant {

/// How the payload of a QuantizedTensor is laid out. One CPU decoder and one shader decoder each.
enum class Layout : std::uint8_t {
  Plain,     ///< elements of `dtype` (F32, F16, BF16, F8…, integers) in row-major order
  Integer,   ///< b-bit unsigned codes u = q − qmin, LSB-first bit stream per row, each row padded to a whole byte
  CodeBook,  ///< 4-bit codes of the flattened tensor, even element in the high nibble (bitsandbytes)
  Block      ///< GGUF blocks of `dtype` along the row, rows one after the other
};

/// Scales of the Integer layout are kept as float32 values here; `scaleBits` says what they cost in storage and to
/// which precision they were rounded *before* the codes were chosen (16: nearest FP16, 32: FP32).
///
/// Value of element (r, c):
///   Plain     decode(dtype)
///   Integer   scales[g] · (u + qmin − zeroPoints[g]), g = group of (r, c): 0 for Tensor, r for Row,
///             r·ceil(rowValues/groupSize) + c/groupSize for Group; zeroPoints empty means 0. Product in float32.
///   CodeBook  codeBook[u] · absmax[i / blockSize], i = r·rowValues + c; with double quantization
///             absmax[k] = dynamicMap[nestedCodes[k]] · nestedAbsmax[k / 256] + nestedOffset
///   Block     the GGUF type's own formula
///
/// Immutable after construction; shared between panes, executors and views by shared_ptr<const>.
struct QuantizedTensor {
  std::string name;              ///< of the source tensor
  std::optional<Scheme> scheme;  ///< what made it; nothing for a tensor as a file stores it
  tensor::Shape shape;           ///< row-major [out, in]
  Layout layout = Layout::Plain;
  tensor::DType dtype = tensor::DType::F32;  ///< of Plain elements or of Block blocks
  std::span<const std::byte> payload;        ///< into `owner`
  std::shared_ptr<const void> owner;         ///< mapped file or own buffer

  // Integer
  std::uint32_t bits = 0;
  std::int32_t qmin = 0;
  Granularity granularity = Granularity::Row;
  std::uint32_t groupSize = 0;  ///< values per scale along the row (Group only)
  std::uint32_t scaleBits = 32;
  std::vector<float> scales;
  std::vector<std::int32_t> zeroPoints;  ///< empty when symmetric

  // CodeBook
  std::uint32_t blockSize = 0;
  std::span<const float> codeBook;        ///< 16 values, static storage
  std::vector<float> absmax;              ///< per block, already decoded when double-quantized
  std::vector<std::uint8_t> nestedCodes;  ///< empty without double quantization
  std::vector<float> nestedAbsmax;
  float nestedOffset = 0.0F;

  std::uint64_t rows() const { return shape.rows(); }
  std::uint64_t rowValues() const { return shape.rowValues(); }
  /// Everything needed to decode it: payload + scales + zero-points + side data as they would be stored.
  std::uint64_t bytes() const;
  /// 8 · bytes / values.
  double bitsPerWeight() const;
};

using QuantizedTensorPtr = std::shared_ptr<const QuantizedTensor>;

}  // namespace core::quant
