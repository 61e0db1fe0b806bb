#pragma once
#include <optional>

#include "core/train/qat/trained_tensor.h"

namespace core::train {

/// A tensor whose latent values are quantized anew every time, ranges included, by a scheme's own encoder: whatever it
/// is. The gradient goes straight through, as if scales did not depend on the values (Jacob et al. 2018).
class RecodedTensor final : public TrainedTensor {
 public:
  RecodedTensor(std::string name, tensor::Shape shape, const quant::Scheme& scheme)
      : TrainedTensor(std::move(name), std::move(shape)), m_scheme(scheme) {}
  /// One that is stored as elements of a type and has no scheme. @pre the type has an encoder
  RecodedTensor(std::string name, tensor::Shape shape, tensor::DType stored);

 private:
  quant::QuantizedTensorPtr quantized(std::span<const Parameter> parameters, const JobContext& job) override;

  quant::Scheme m_scheme;
  bool m_isNamed = true;  ///< whether what it makes says its scheme
};

}  // namespace core::train
