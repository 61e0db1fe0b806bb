#include "core/quant/quantized_tensor.h"

namespace core::quant {

std::optional<tensor::DType> QuantizedTensor::dtype() const {
  const Elements* elements = as<Elements>();
  return elements != nullptr ? std::optional(elements->dtype) : std::nullopt;
}

std::uint64_t QuantizedTensor::bytes() const {
  const std::uint64_t side = std::visit([](const auto& codes) { return sideBytes(codes); }, layout);
  return payload.size() + side + (changes != nullptr ? changes->bytes() : 0) + (factor != 1.0F ? sizeof(float) : 0);
}

double QuantizedTensor::bitsPerWeight() const {
  const std::uint64_t values = shape.count();
  return values == 0 ? 0.0 : 8.0 * static_cast<double>(bytes()) / static_cast<double>(values);
}

}  // namespace core::quant
