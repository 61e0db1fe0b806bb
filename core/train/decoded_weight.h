#pragma once
#include "core/model/ops/row_decoder.h"
#include "core/quant/quantized_tensor.h"
#include "core/train/weight_source.h"

namespace core::train {

/// What the factors of products with it are rounded to: the type that these run in (QuantizedTensor::compute), but
/// nothing where inputs become integers, which meet the codes as they are.
quant::ComputeType factorType(const quant::QuantizedTensor& weight);

/// The values of a quantized tensor; as products use them, rounded to their type, where that is wanted.
class DecodedWeight final : public WeightSource {
 public:
  DecodedWeight(quant::QuantizedTensorPtr tensor, quant::Columns columns, quant::ComputeType compute);
  void rows(std::uint64_t firstRow, std::span<float> values) const override;

 private:
  quant::QuantizedTensorPtr m_tensor;
  quant::ComputeType m_compute;
  bool m_changesAfterRounding;
  model::ops::RowDecoder m_decoder;
};

}  // namespace core::train
