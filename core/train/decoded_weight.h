#pragma once
#include "core/model/ops/row_decoder.h"
#include "core/quant/quantized_tensor.h"
#include "core/train/weight_source.h"

namespace core::train {

/// The values of a quantized tensor as products use them: rounded to their type (QuantizedTensor::compute).
class DecodedWeight final : public WeightSource {
 public:
  explicit DecodedWeight(quant::QuantizedTensorPtr tensor, quant::Columns columns = quant::Columns::OfTheWeight);
  void rows(std::uint64_t firstRow, std::span<float> values) const override;

 private:
  quant::QuantizedTensorPtr m_tensor;
  quant::Columns m_columns;
  bool m_isRoundedAsStored;  ///< columns are changed back after rounding
  model::ops::RowDecoder m_decoder;
};

}  // namespace core::train
