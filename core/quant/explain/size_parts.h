#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/quant/format.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// What a part of a stored tensor costs.
struct SizePart {
  std::string part;        ///< "codes", "scales", "maxima of 256 scales", …
  std::string count;       ///< how it comes about: "16 bits per 32 weights"
  std::uint64_t bits = 0;  ///< of the whole tensor
  double bitsPerWeight = 0.0;
};

/// The parts of a tensor in a format; their bits sum to 8 · storedSize(format, shape).bytes(). Empty for an empty
/// tensor.
/// @pre shapeProblem(format, shape) is empty
std::vector<SizePart> sizeParts(const Format& format, const tensor::Shape& shape);
/// With what the scheme's method stores beside.
std::vector<SizePart> sizeParts(const Scheme& scheme, const tensor::Shape& shape);

/// The parts of a tensor as it is stored; they sum to 8 · tensor.bytes().
std::vector<SizePart> sizeParts(const QuantizedTensor& tensor);

}  // namespace core::quant
