#include "core/model/ops/row_decoder.h"

#include <cstdint>

#include "core/quant/quantizer.h"

namespace core::model::ops {

const float* RowDecoder::rows(std::size_t first, std::size_t count, std::vector<float>& scratch) const {
  const std::size_t width = m_tensor.rowValues();
  if (m_tensor.layout == quant::Layout::Plain && m_tensor.dtype == tensor::DType::F32) {
    const std::byte* start = m_tensor.payload.data() + first * width * sizeof(float);
    if (reinterpret_cast<std::uintptr_t>(start) % alignof(float) == 0) return reinterpret_cast<const float*>(start);
  }
  if (scratch.size() < count * width) scratch.resize(count * width);
  quant::dequantizeRows(m_tensor, first, count, scratch.data());
  return scratch.data();
}

}  // namespace core::model::ops
