#include "core/model/ops/row_decoder.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "core/model/ops/vector_kernels.h"
#include "core/quant/quantizer.h"
#include "core/tensor/dtype.h"

namespace core::model::ops {

namespace {

using quant::Granularity;
using tensor::DType;

const std::uint8_t* payloadOf(const quant::QuantizedTensor& tensor) {
  return reinterpret_cast<const std::uint8_t*>(tensor.payload.data());
}

struct DTypeFormat {
  DType dtype;
  RowFormat format;
};
constexpr DTypeFormat kDTypeFormats[] = {{DType::F16, RowFormat::Half},  {DType::BF16, RowFormat::Brain},
                                         {DType::Q4_0, RowFormat::Q4_0}, {DType::Q4_1, RowFormat::Q4_1},
                                         {DType::Q5_0, RowFormat::Q5_0}, {DType::Q5_1, RowFormat::Q5_1},
                                         {DType::Q8_0, RowFormat::Q8_0}, {DType::Q4_K, RowFormat::Q4_K},
                                         {DType::Q5_K, RowFormat::Q5_K}, {DType::Q6_K, RowFormat::Q6_K}};

}  // namespace

RowDecoder::RowDecoder(const quant::QuantizedTensor& tensor, quant::Columns columns)
    : m_tensor(tensor), m_columns(columns), m_way(Way::General) {
  m_way = chooseWay(columns);
}

RowDecoder::Way RowDecoder::chooseWay(quant::Columns columns) {
  const bool wholeBytes = m_tensor.rowValues() % 2 == 0;  // a row begins at a byte and ends at one
  const bool isChanged = m_tensor.changes != nullptr && columns == quant::Columns::OfTheWeight;
  if (isChanged || m_tensor.factor != 1.0F) return Way::General;
  if (m_tensor.dtype() == DType::F32) {
    const bool aligned = reinterpret_cast<std::uintptr_t>(m_tensor.payload.data()) % alignof(float) == 0;
    return aligned ? Way::InPlace : Way::General;
  }
  if (findPackedFormat()) return Way::Packed;
  const auto* integers = m_tensor.as<quant::Uniform>();
  if (integers != nullptr && integers->bits == 4 && wholeBytes) {
    const quant::Grouping& grouping = integers->grouping;
    const bool groupsAreWhole = grouping.granularity != Granularity::Group || grouping.size % 2 == 0;
    return groupsAreWhole ? Way::IntegerNibbles : Way::General;
  }
  const auto* codeBook = m_tensor.as<quant::CodeBook>();
  if (codeBook != nullptr && codeBook->bits == 4 && wholeBytes && codeBook->grouping.size % 2 == 0 &&
      codeBook->grouping.granularity != Granularity::Tile)
    return Way::CodeBookNibbles;
  return Way::General;
}

bool RowDecoder::findPackedFormat() {
  const std::size_t width = m_tensor.rowValues();
  m_rows.bytes = payloadOf(m_tensor);
  m_rows.rowValues = width;
  if (const auto dtype = m_tensor.dtype()) return findPackedBlocks(*dtype);
  if (width % kPieceValues != 0) return false;
  if (const auto* integers = m_tensor.as<quant::Uniform>()) {
    if ((integers->bits != 4 && integers->bits != 8) || !findPackedGroups(integers->grouping)) return false;
    m_format = integers->bits == 4 ? RowFormat::Nibbles : RowFormat::Bytes;
    m_rows.rowBytes = width * integers->bits / 8;
    m_rows.offset = static_cast<float>(integers->qmin);
    return true;
  }
  const auto* codeBook = m_tensor.as<quant::CodeBook>();
  if (codeBook == nullptr || codeBook->bits != 4 || !findPackedGroups(codeBook->grouping)) return false;
  const bool highFirst = codeBook->packing == quant::Packing::NibblesHighFirst;
  m_format = highFirst ? RowFormat::LevelsHigh : RowFormat::LevelsLow;
  m_rows.rowBytes = width / 2;
  m_rows.levels = codeBook->levels.data();
  return true;
}

bool RowDecoder::findPackedBlocks(DType dtype) {
  const auto* known = std::ranges::find(kDTypeFormats, dtype, &DTypeFormat::dtype);
  const tensor::DTypeInfo& layout = tensor::info(dtype);
  if (known == std::end(kDTypeFormats)) return false;
  if (m_rows.rowValues % std::max<std::size_t>(layout.blockValues, kPieceValues) != 0) return false;
  m_format = known->format;
  m_rows.rowBytes = m_rows.rowValues / layout.blockValues * layout.blockBytes;
  return true;
}

bool RowDecoder::findPackedGroups(const quant::Grouping& grouping) {
  const std::size_t width = m_rows.rowValues;
  switch (grouping.granularity) {
    case Granularity::Tensor:
      m_rows.group = width;
      return true;
    case Granularity::Row:
      m_rows.group = width;
      m_rows.rowGroups = 1;
      return true;
    case Granularity::Group:
    case Granularity::Block:
      if (grouping.size % kPieceValues != 0) return false;
      // Blocks of the flattened tensor have to begin with the rows.
      if (grouping.granularity == Granularity::Block && width % grouping.size != 0) return false;
      m_rows.group = grouping.size;
      m_rows.rowGroups = (width + grouping.size - 1) / grouping.size;
      return true;
    default:
      return false;
  }
}

PackedRows RowDecoder::packedRows(std::size_t first, std::size_t count) const {
  thread_local std::vector<float> made;
  PackedRows rows = m_rows;
  rows.bytes += first * rows.rowBytes;
  const std::size_t group = first * rows.rowGroups, groups = std::max<std::size_t>(count * rows.rowGroups, 1);
  if (const auto* integers = m_tensor.as<quant::Uniform>()) {
    rows.scales = integers->scales.data() + group;
    if (integers->zeroPoints.empty()) return rows;
    // As Uniform's decodeRows has them: a zero-point need not be a whole number, so that this rounds.
    made.resize(groups);
    for (std::size_t g = 0; g < groups; ++g) made[g] = rows.offset - integers->zeroPoints[group + g];
    rows.offsets = made.data();
  } else if (const auto* codeBook = m_tensor.as<quant::CodeBook>(); codeBook != nullptr && codeBook->nested) {
    made.resize(groups);
    for (std::size_t g = 0; g < groups; ++g) made[g] = codeBook->nested->scale(group + g);
    rows.scales = made.data();
  } else if (codeBook != nullptr) {
    rows.scales = codeBook->scales.data() + group;
  }
  return rows;
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
    case Way::Packed:
      vectorKernels().packedRows(m_format).decode(packedRows(first, count), count, out);
      break;
    case Way::CodeBookNibbles:
      for (std::size_t row = 0; row < count; ++row) decodeCodeBookRow(first + row, out + row * width);
      break;
    case Way::IntegerNibbles:
      for (std::size_t row = 0; row < count; ++row) decodeIntegerRow(first + row, out + row * width);
      break;
  }
  return scratch.data();
}

void RowDecoder::dot(std::size_t first, std::size_t count, const float* x, float* out,
                     std::vector<float>& scratch) const {
  const std::size_t width = m_tensor.rowValues();
  if (m_way == Way::Packed) return vectorKernels().packedRows(m_format).dot(packedRows(first, count), count, x, out);
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
