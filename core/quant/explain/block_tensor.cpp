#include "core/quant/explain/block_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/quant/bit_stream.h"
#include "core/quant/explain/block_fields.h"
#include "core/quant/methods/scaled_columns.h"
#include "core/quant/quantizer.h"
#include "core/quant/scale_type.h"

namespace core::quant {

namespace {

/// What a block's fields say, by symbol.
class BlockReader {
 public:
  BlockReader(const BlockFields& fields, std::span<const std::byte> bytes) : m_fields(fields), m_bytes(bytes) {}

  /// @pre the block has such a field
  float number(std::string_view symbol) const {
    const BlockField& field = *std::find_if(m_fields.fields.begin(), m_fields.fields.end(),
                                            [&](const BlockField& f) { return f.symbol == symbol; });
    return static_cast<float>(numberOf(field, bitsOf(field, m_bytes)));
  }
  std::uint8_t bits(std::string_view symbol) const {
    for (const BlockField& field : m_fields.fields)
      if (field.symbol == symbol) return static_cast<std::uint8_t>(bitsOf(field, m_bytes));
    return 0;
  }
  std::vector<float> levels() const {
    std::vector<float> result;
    for (const BlockField& field : m_fields.fields)
      if (field.role == FieldRole::Level) result.push_back(static_cast<float>(numberOf(field, bitsOf(field, m_bytes))));
    return result;
  }
  std::vector<std::uint8_t> codes() const {
    std::vector<std::uint8_t> result;
    for (const BlockField& field : m_fields.fields)
      if (field.role == FieldRole::Code) result.push_back(static_cast<std::uint8_t>(bitsOf(field, m_bytes)));
    return result;
  }

 private:
  const BlockFields& m_fields;
  std::span<const std::byte> m_bytes;
};

void read(const BlockReader& block, Uniform& codes) {
  codes.scales = {codes.scaleType == ScaleType::UInt8
                      ? secondLevelScale(static_cast<float>(block.bits("k")), block.number("M"))
                      : block.number("S")};
  if (codes.zeroPoints.empty()) return;
  const bool whole = codes.zeroPointBits < 16;
  codes.zeroPoints = {block.number("Z") + (whole ? static_cast<float>(codes.qmin) : 0.0F)};
}

void read(const BlockReader& block, CodeBook& codes) {
  if (codes.nested) {
    codes.nested = NestedScales{{block.bits("c")}, {block.number("A")}, block.number("o")};
  } else if (codes.scaleType == ScaleType::E4M3) {
    codes.tensorFactor = block.number("g");
    codes.scales = {block.number("s") / codes.tensorFactor};
  } else if (codes.scaleType == ScaleType::UInt8) {
    codes.scales = {secondLevelScale(static_cast<float>(block.bits("k")), block.number("M"))};
  } else {
    codes.scales = {block.number("S")};
  }
}

void read(const BlockReader& block, LearnedCodeBooks& codes) { codes.levels = block.levels(); }

std::vector<std::byte> packed(const std::vector<std::uint8_t>& codes, std::uint32_t bits, Packing packing) {
  std::vector<std::byte> bytes(codeRowBytes(bits, codes.size()));
  if (packing == Packing::Rows) {
    packBits(codes.data(), codes.size(), bits, reinterpret_cast<std::uint8_t*>(bytes.data()));
    return bytes;
  }
  for (std::size_t i = 0; i < codes.size(); ++i)
    bytes[i / 2] |= static_cast<std::byte>(i % 2 == 0 ? codes[i] << 4 : codes[i]);
  return bytes;
}

/// The layout's constants, as the scheme gives them to any row.
QuantizedTensor emptyRow(const Scheme& scheme, std::uint32_t values) {
  const auto zeros = std::make_shared<std::vector<float>>(values);
  const tensor::TensorView row{"block", tensor::DType::F32, {1, values}, std::as_bytes(std::span(*zeros)), zeros};
  if (calibrationNeed(scheme) == CalibrationNeed::None) return *quantize(scheme, row);
  QuantizedTensor result = *quantize(roundingOnly(scheme), row);  // the layout is the format's, whatever the method
  result.scheme = scheme;
  return result;
}

template <class Codes>
void fill(Codes& codes, const BlockReader& block, Packing packing, QuantizedTensor& out) {
  // Nibbles run on over the ends of rows: what shares a scale is counted in the flattened tensor.
  const auto values = static_cast<std::uint32_t>(out.shape.rowValues());
  codes.grouping = packing == Packing::Rows ? Grouping{Granularity::Row, 0} : Grouping{Granularity::Block, values};
  read(block, codes);
  const auto payload = std::make_shared<std::vector<std::byte>>(packed(block.codes(), codes.bits, packing));
  out.payload = *payload;
  out.owner = payload;
}

}  // namespace

QuantizedTensor tensorOfBlock(const Scheme& scheme, std::uint32_t values, std::span<const std::byte> bytes) {
  const BlockFields fields = fieldsOf(scheme.format, values);
  if (bytes.size() != fields.bytes)
    throw Error(ErrorCode::InvalidArgument, fmt::format("A block of {} weights under {} has {} bytes; found {}.",
                                                        values, scheme.toString(), fields.bytes, bytes.size()));
  QuantizedTensor out = emptyRow(scheme, values);
  const BlockReader block(fields, bytes);
  if (auto* uniform = std::get_if<Uniform>(&out.layout)) {
    fill(*uniform, block, Packing::Rows, out);
  } else if (auto* book = std::get_if<CodeBook>(&out.layout)) {
    fill(*book, block, book->packing, out);
  } else if (auto* learned = std::get_if<LearnedCodeBooks>(&out.layout)) {
    fill(*learned, block, Packing::Rows, out);
  } else {
    const auto payload = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    out.payload = *payload;
    out.owner = payload;
  }
  return out;
}

}  // namespace core::quant
