#include "core/model/ops/row_decoder.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/model/ops/vector_kernels.h"
#include "core/quant/quantizer.h"

namespace core::model::ops {

namespace {

using quant::Granularity;
using quant::Layout;

const std::uint8_t* payloadOf(const quant::QuantizedTensor& tensor) {
  return reinterpret_cast<const std::uint8_t*>(tensor.payload.data());
}

}  // namespace

RowDecoder::RowDecoder(const quant::QuantizedTensor& tensor) : m_tensor(tensor), m_way(chooseWay(tensor)) {}

RowDecoder::Way RowDecoder::chooseWay(const quant::QuantizedTensor& tensor) {
  const bool wholeBytes = tensor.rowValues() % 2 == 0;  // a row begins at a byte and ends at one
  if (tensor.layout == Layout::Plain && tensor.dtype == tensor::DType::F32) {
    const bool aligned = reinterpret_cast<std::uintptr_t>(tensor.payload.data()) % alignof(float) == 0;
    return aligned ? Way::InPlace : Way::General;
  }
  if (tensor.layout == Layout::Integer && tensor.bits == 4 && wholeBytes) {
    const bool groupsAreWhole = tensor.granularity != Granularity::Group || tensor.groupSize % 2 == 0;
    return groupsAreWhole ? Way::IntegerNibbles : Way::General;
  }
  if (tensor.layout == Layout::CodeBook && wholeBytes && tensor.blockSize % 2 == 0) return Way::CodeBookNibbles;
  return Way::General;
}

const float* RowDecoder::rows(std::size_t first, std::size_t count, std::vector<float>& scratch) const {
  const std::size_t width = m_tensor.rowValues();
  if (m_way == Way::InPlace) return reinterpret_cast<const float*>(m_tensor.payload.data()) + first * width;
  if (scratch.size() < count * width) scratch.resize(count * width);
  if (m_way == Way::General) {
    quant::dequantizeRows(m_tensor, first, count, scratch.data());
  } else if (m_way == Way::CodeBookNibbles) {
    decodeCodeBook(first * width, count * width, scratch.data());
  } else {
    for (std::size_t row = 0; row < count; ++row) decodeIntegerRow(first + row, scratch.data() + row * width);
  }
  return scratch.data();
}

void RowDecoder::decodeIntegerRow(std::size_t row, float* out) const {
  const std::size_t width = m_tensor.rowValues();
  const bool grouped = m_tensor.granularity == Granularity::Group;
  const std::size_t groupSize = grouped ? m_tensor.groupSize : width;
  std::size_t group = m_tensor.granularity == Granularity::Tensor ? 0 : row;
  if (grouped) group = row * ((width + groupSize - 1) / groupSize);
  const std::uint8_t* packed = payloadOf(m_tensor) + row * width / 2;
  std::array<float, 16> levels{};
  for (std::size_t begin = 0; begin < width; begin += groupSize, ++group) {
    const std::int32_t zeroPoint = m_tensor.zeroPoints.empty() ? 0 : m_tensor.zeroPoints[group];
    for (std::int32_t code = 0; code < 16; ++code) {
      const std::int32_t steps = code + m_tensor.qmin - zeroPoint;
      levels[static_cast<std::size_t>(code)] = m_tensor.scales[group] * static_cast<float>(steps);
    }
    const std::size_t count = std::min(groupSize, width - begin);
    vectorKernels().lookUpNibbles(packed + begin / 2, count / 2, NibbleOrder::LowFirst, levels.data(), out + begin);
  }
}

void RowDecoder::decodeCodeBook(std::size_t first, std::size_t count, float* out) const {
  std::array<float, 16> levels{};
  for (std::size_t i = first; i < first + count;) {
    const std::size_t block = i / m_tensor.blockSize;
    const std::size_t end = std::min<std::size_t>(first + count, (block + 1) * m_tensor.blockSize);
    for (std::size_t code = 0; code < 16; ++code) levels[code] = m_tensor.codeBook[code] * m_tensor.absmax[block];
    vectorKernels().lookUpNibbles(payloadOf(m_tensor) + i / 2, (end - i) / 2, NibbleOrder::HighFirst, levels.data(),
                                  out + (i - first));
    i = end;
  }
}

}  // namespace core::model::ops
