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

constexpr std::size_t kBlockValues = 32;  // of Q4_0
constexpr std::size_t kBlockBytes = 18;

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
  if (tensor.layout == Layout::Block && tensor.dtype == tensor::DType::Q4_0) return Way::Q4_0;
  return Way::General;
}

const float* RowDecoder::rows(std::size_t first, std::size_t count, std::vector<float>& scratch) const {
  const std::size_t width = m_tensor.rowValues();
  if (m_way == Way::InPlace) return reinterpret_cast<const float*>(m_tensor.payload.data()) + first * width;
  if (scratch.size() < count * width) scratch.resize(count * width);
  float* out = scratch.data();
  switch (m_way) {
    case Way::InPlace:
    case Way::General:
      quant::dequantizeRows(m_tensor, first, count, out);
      break;
    case Way::CodeBookNibbles:
      decodeCodeBook(first * width, count * width, out);
      break;
    case Way::IntegerNibbles:
      for (std::size_t row = 0; row < count; ++row) decodeIntegerRow(first + row, out + row * width);
      break;
    case Way::Q4_0: {
      const std::size_t rowBlocks = width / kBlockValues;
      vectorKernels().decodeQ4_0(payloadOf(m_tensor) + first * rowBlocks * kBlockBytes, count * rowBlocks, out);
      break;
    }
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
  std::array<float, 16> levels{};  // whole numbers, so subtracting the zero-point from them is exact
  for (std::int32_t code = 0; code < 16; ++code) {
    levels[static_cast<std::size_t>(code)] = static_cast<float>(code + m_tensor.qmin);
  }
  for (std::size_t begin = 0; begin < width; begin += groupSize, ++group) {
    const float zeroPoint = m_tensor.zeroPoints.empty() ? 0.0F : static_cast<float>(m_tensor.zeroPoints[group]);
    const std::size_t count = std::min(groupSize, width - begin);
    vectorKernels().lookUpNibbles(packed + begin / 2, count / 2, NibbleOrder::LowFirst, levels.data(), zeroPoint,
                                  m_tensor.scales[group], out + begin);
  }
}

void RowDecoder::decodeCodeBook(std::size_t first, std::size_t count, float* out) const {
  for (std::size_t i = first; i < first + count;) {
    const std::size_t block = i / m_tensor.blockSize;
    const std::size_t end = std::min<std::size_t>(first + count, (block + 1) * m_tensor.blockSize);
    vectorKernels().lookUpNibbles(payloadOf(m_tensor) + i / 2, (end - i) / 2, NibbleOrder::HighFirst,
                                  m_tensor.codeBook.data(), 0.0F, m_tensor.absmax[block], out + (i - first));
    i = end;
  }
}

}  // namespace core::model::ops
