#include "core/quant/quantized_tensor.h"

namespace core::quant {

std::uint64_t QuantizedTensor::bytes() const {
  std::uint64_t total = payload.size();
  if (layout == Layout::Integer) {
    total += scales.size() * (scaleBits / 8);
    total += (zeroPoints.size() * bits + 7) / 8;
  }
  if (layout == Layout::CodeBook) {
    if (nestedCodes.empty())
      total += absmax.size() * sizeof(float);
    else
      total += nestedCodes.size() + (nestedAbsmax.size() + 1) * sizeof(float);
  }
  return total;
}

double QuantizedTensor::bitsPerWeight() const {
  const std::uint64_t values = shape.count();
  return values == 0 ? 0.0 : 8.0 * static_cast<double>(bytes()) / static_cast<double>(values);
}

}  // namespace core::quant
