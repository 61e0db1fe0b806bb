#include "core/train/decoded_weight.h"

#include <algorithm>
#include <vector>

#include "core/quant/quantizer.h"

namespace core::train {

using quant::Columns;
using quant::ComputeType;

ComputeType factorType(const quant::QuantizedTensor& weight) {
  return weight.input && weight.input->makesCodes() ? ComputeType::Fp32 : weight.compute();
}

DecodedWeight::DecodedWeight(quant::QuantizedTensorPtr tensor, Columns columns, ComputeType compute)
    : m_tensor(std::move(tensor)),
      m_compute(compute),
      // Products of weights with changed columns round them as they lie: their inputs are changed, not they.
      m_changesAfterRounding(columns == Columns::OfTheWeight && compute != ComputeType::Fp32 &&
                             m_tensor->changes != nullptr && m_tensor->changes->outlierColumns.empty()),
      m_decoder(*m_tensor, m_changesAfterRounding ? Columns::AsStored : columns) {}

void DecodedWeight::rows(std::uint64_t firstRow, std::span<float> values) const {
  const std::size_t width = m_tensor->rowValues();
  thread_local std::vector<float> scratch;
  const float* const decoded = m_decoder.rows(firstRow, values.size() / width, scratch);
  std::copy_n(decoded, values.size(), values.data());
  quant::roundTo(m_compute, values);
  if (m_changesAfterRounding) quant::undoColumnChanges(*m_tensor->changes, firstRow, width, values);
}

}  // namespace core::train
