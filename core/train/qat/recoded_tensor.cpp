#include "core/train/qat/recoded_tensor.h"

#include <algorithm>
#include <memory>

#include "core/quant/methods/finite_weights.h"
#include "core/quant/quantizer.h"

namespace core::train {

RecodedTensor::RecodedTensor(std::string name, tensor::Shape shape, tensor::DType stored)
    : TrainedTensor(std::move(name), std::move(shape)),
      m_scheme(quant::Scheme::defaults(*quant::formatOf(stored))),
      m_isNamed(false) {}

quant::QuantizedTensorPtr RecodedTensor::quantized(std::span<const Parameter> parameters, const JobContext& job) {
  const std::vector<float>& values = parameters.front().values;
  quant::QuantizedTensor latent = quant::tensorOf(values, shape());
  latent.name = name();
  auto made = std::make_shared<quant::QuantizedTensor>(*quant::quantize(m_scheme, latent, job));
  if (!m_isNamed) made->scheme.reset();
  if (made->payload.data() != latent.payload.data()) return made;
  // FP32 stays where it lies: what is handed out must not move with the latent values.
  auto copy = std::make_shared<const std::vector<float>>(values);
  made->payload = std::as_bytes(std::span(*copy));
  made->owner = std::move(copy);
  return made;
}

}  // namespace core::train
