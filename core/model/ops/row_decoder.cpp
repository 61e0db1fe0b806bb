#include "core/model/ops/row_decoder.h"

#include <array>
#include <cstdint>

#include "core/model/ops/vector_kernels.h"
#include "core/quant/quantizer.h"

namespace core::model::ops {

namespace {

using quant::Granularity;

constexpr std::size_t kBlockValues = 32;  // of Q4_0
constexpr std::size_t kBlockBytes = 18;

const std::uint8_t* payloadOf(const quant::QuantizedTensor& tensor) {
  return reinterpret_cast<const std::uint8_t*>(tensor.payload.data());
}

}  // namespace

RowDecoder::RowDecoder(const quant::QuantizedTensor& tensor, quant::Columns columns)
    : m_tensor(tensor), m_columns(columns), m_way(chooseWay(tensor, columns)) {}

RowDecoder::Way RowDecoder::chooseWay(const quant::QuantizedTensor& tensor, quant::Columns columns) {
  const bool wholeBytes = tensor.rowValues() % 2 == 0;  // a row begins at a byte and ends at one
  const bool isChanged = tensor.changes != nullptr && columns == quant::Columns::OfTheWeight;
  if (isChanged || tensor.factor != 1.0F) return Way::General;
  if (tensor.dtype() == tensor::DType::F32) {
    const bool aligned = reinterpret_cast<std::uintptr_t>(tensor.payload.data()) % alignof(float) == 0;
    return aligned ? Way::InPlace : Way::General;
  }
  if (const auto* integers = tensor.as<quant::Uniform>(); integers != nullptr && integers->bits == 4 && wholeBytes) {
    const quant::Grouping& grouping = integers->grouping;
    const bool groupsAreWhole = grouping.granularity != Granularity::Group || grouping.size % 2 == 0;
    return groupsAreWhole ? Way::IntegerNibbles : Way::General;
  }
  const auto* codeBook = tensor.as<quant::CodeBook>();
  if (codeBook != nullptr && codeBook->bits == 4 && wholeBytes && codeBook->grouping.size % 2 == 0 &&
      codeBook->grouping.granularity != Granularity::Tile)
    return Way::CodeBookNibbles;
  if (tensor.dtype() == tensor::DType::Q4_0) return Way::Q4_0;
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
      quant::dequantizeRows(m_tensor, first, count, out, m_columns);
      break;
    case Way::CodeBookNibbles:
      for (std::size_t row = 0; row < count; ++row) decodeCodeBookRow(first + row, out + row * width);
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

void RowDecoder::dot(std::size_t first, std::size_t count, const float* x, float* out,
                     std::vector<float>& scratch) const {
  const std::size_t width = m_tensor.rowValues();
  if (m_way == Way::Q4_0) {
    const std::size_t rowBlocks = width / kBlockValues;
    vectorKernels().dotQ4_0(payloadOf(m_tensor) + first * rowBlocks * kBlockBytes, rowBlocks, count, x, out);
    return;
  }
  vectorKernels().dotRows(rows(first, count, scratch), width, count, x, width, 1, width, out, count);
}

void RowDecoder::decodeIntegerRow(std::size_t row, float* out) const {
  const auto& codes = *m_tensor.as<quant::Uniform>();
  const std::uint8_t* packed = payloadOf(m_tensor) + row * m_tensor.rowValues() / 2;
  // The codes themselves: qmin goes to the zero-point, as in decodeRows, where that is no whole number and rounds.
  std::array<float, 16> levels{};
  for (std::size_t code = 0; code < levels.size(); ++code) levels[code] = static_cast<float>(code);
  quant::forEachRun(
      codes.grouping, m_tensor.rowValues(), row, [&](std::uint64_t begin, std::uint64_t count, std::uint64_t group) {
        const float zeroPoint = codes.zeroPoints.empty() ? 0.0F : codes.zeroPoints[group];
        vectorKernels().lookUpNibbles(packed + begin / 2, count / 2, NibbleOrder::LowFirst, levels.data(),
                                      zeroPoint - static_cast<float>(codes.qmin), codes.scales[group], out + begin);
      });
}

void RowDecoder::decodeCodeBookRow(std::size_t row, float* out) const {
  const auto& codes = *m_tensor.as<quant::CodeBook>();
  const bool highFirst = codes.packing == quant::Packing::NibblesHighFirst;
  const NibbleOrder order = highFirst ? NibbleOrder::HighFirst : NibbleOrder::LowFirst;
  const std::uint8_t* packed = payloadOf(m_tensor) + row * m_tensor.rowValues() / 2;
  quant::forEachRun(codes.grouping, m_tensor.rowValues(), row,
                    [&](std::uint64_t begin, std::uint64_t count, std::uint64_t group) {
                      vectorKernels().lookUpNibbles(packed + begin / 2, count / 2, order, codes.levels.data(), 0.0F,
                                                    codes.scale(group), out + begin);
                    });
}

}  // namespace core::model::ops
