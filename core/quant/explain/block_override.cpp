#include "core/quant/explain/block_override.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/numeric/codec.h"
#include "core/quant/bit_stream.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/block_place.h"
#include "core/quant/quantizer.h"

namespace core::quant {

namespace {

[[noreturn]] void refuse(const QuantizedTensor& tensor, const std::string& what) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("The tensor {} has no such {}.", io::inQuotes(tensor.name), what),
              tensor.name);
}

/// Writes a code of `bits` bits that begins at bit `first` of the payload, lowest bit first.
void writeCode(std::span<std::byte> payload, std::uint64_t first, std::uint32_t bits, std::uint64_t code) {
  for (std::uint32_t i = 0; i < bits; ++i) {
    std::byte& byte = payload[(first + i) / 8];
    const auto mask = static_cast<std::byte>(1U << ((first + i) % 8));
    byte = (code >> i & 1U) != 0 ? byte | mask : byte & ~mask;
  }
}

/// A copy that is changed in one place.
class Override {
 public:
  Override(const QuantizedTensor& tensor, const BlockPlace& place, const BlockField& field, std::uint64_t bits)
      : m_copy(std::make_shared<QuantizedTensor>(tensor)),
        m_payload(std::make_shared<std::vector<std::byte>>(tensor.payload.begin(), tensor.payload.end())),
        m_place(place),
        m_field(field),
        m_bits(bits) {}

  QuantizedTensorPtr make(std::uint32_t level) {
    std::visit([&](auto& layout) { change(layout, level); }, m_copy->layout);
    m_copy->payload = *m_payload;
    m_copy->owner = m_payload;
    return m_copy;
  }

 private:
  float number() const {  // floats of 32 bits keep what kind of NaN they are
    if (m_field.reading == FieldReading::Fp32) return std::bit_cast<float>(static_cast<std::uint32_t>(m_bits));
    return static_cast<float>(numberOf(m_field, m_bits));
  }
  std::uint64_t group(const Grouping& grouping) const { return groupOf(grouping, m_copy->rowValues(), m_place.first); }

  void change(Elements& elements, std::uint32_t) {
    const tensor::DTypeInfo& type = tensor::info(elements.dtype);
    const std::size_t first = m_place.first / type.blockValues * type.blockBytes;
    setBits(m_field, m_bits, std::span(*m_payload).subspan(first));
  }

  void changeCode(std::uint32_t bits, Packing packing) {
    const std::uint64_t element = m_place.first + m_field.firstValue, width = m_copy->rowValues();
    const std::uint64_t first = packing == Packing::NibblesHighFirst
                                    ? 4 * (element ^ 1U)
                                    : element / width * codeRowBytes(bits, width) * 8 + element % width * bits;
    writeCode(*m_payload, first, bits, m_bits);
  }

  /// The scales of a second level's part, all times new / old.
  void changeMaximum(std::vector<float>& scales, std::uint64_t at) {
    const std::uint64_t first = at / kScalesPerMaximum * kScalesPerMaximum;
    const auto part = std::span(scales).subspan(first, std::min<std::size_t>(kScalesPerMaximum, scales.size() - first));
    const float old = *std::ranges::max_element(part);
    for (float& scale : part) scale = secondLevelScale(old == 0.0F ? 0.0F : std::round(scale / old * 255.0F), number());
  }

  /// @return false for what is not a scale of these kinds
  bool changeScale(std::vector<float>& scales, ScaleType type, std::uint64_t at) {
    if (m_field.symbol == "S") return scales[at] = number(), true;
    if (type != ScaleType::UInt8) return false;
    if (m_field.symbol == "M") return changeMaximum(scales, at), true;
    const std::uint64_t first = at / kScalesPerMaximum * kScalesPerMaximum;
    const auto part = std::span(scales).subspan(first, std::min<std::size_t>(kScalesPerMaximum, scales.size() - first));
    return scales[at] = secondLevelScale(static_cast<float>(m_bits), *std::ranges::max_element(part)), true;
  }

  void change(Uniform& codes, std::uint32_t) {
    const std::uint64_t at = group(codes.grouping);
    if (m_field.role == FieldRole::Code) return changeCode(codes.bits, Packing::Rows);
    if (m_field.role == FieldRole::ZeroPoint)
      codes.zeroPoints[at] = number() + (codes.zeroPointBits < 16 ? static_cast<float>(codes.qmin) : 0.0F);
    else
      changeScale(codes.scales, codes.scaleType, at);
  }

  void change(CodeBook& codes, std::uint32_t) {
    if (m_field.role == FieldRole::Code) return changeCode(codes.bits, codes.packing);
    const std::uint64_t at = group(codes.grouping);
    if (codes.nested) return changeNested(codes, at);
    if (codes.scaleType == ScaleType::E4M3) return changeUnderFactor(codes, at);
    changeScale(codes.scales, codes.scaleType, at);
  }

  void changeNested(CodeBook& codes, std::uint64_t at) {
    NestedScales& nested = *codes.nested;
    if (m_field.symbol == "c") nested.codes[at] = static_cast<std::uint8_t>(m_bits);
    if (m_field.symbol == "A") nested.absmax[at / kNestedBlock] = number();
    if (m_field.symbol == "o") nested.offset = number();
  }

  void changeUnderFactor(CodeBook& codes, std::uint64_t at) {
    if (m_field.symbol == "s") {
      codes.scales[at] = number() / codes.tensorFactor;
      return;
    }
    const auto& format = numeric::numberFormat(numeric::FormatId::Fp8E4M3);
    for (float& scale : codes.scales) {
      const double stored = static_cast<double>(scale * codes.tensorFactor);
      scale = static_cast<float>(numeric::decode(format, numeric::encode(format, stored))) / number();
    }
    codes.tensorFactor = number();
  }

  void change(LearnedCodeBooks& codes, std::uint32_t level) {
    if (m_field.role == FieldRole::Code) return changeCode(codes.bits, Packing::Rows);
    codes.levels[(group(codes.grouping) << codes.bits) + level] = number();
  }

  std::shared_ptr<QuantizedTensor> m_copy;
  std::shared_ptr<std::vector<std::byte>> m_payload;
  const BlockPlace& m_place;
  const BlockField& m_field;
  std::uint64_t m_bits;
};

BlockPlace placeOfBlock(const QuantizedTensor& tensor, const FieldPlace& place) {
  return placeOf(blockGrouping(tensor), tensor.shape, place.row, place.block, tensor.name);
}

}  // namespace

FieldPlace codePlace(const QuantizedTensor& tensor, std::uint64_t element) {
  if (element >= tensor.shape.count()) refuse(tensor, "weight");
  const std::uint64_t width = tensor.rowValues(), row = element / width, column = element % width;
  std::uint64_t stored = column;
  if (tensor.changes != nullptr) {
    if (std::ranges::binary_search(tensor.changes->outlierColumns, static_cast<std::uint32_t>(column)))
      refuse(tensor, "code: the column is kept beside the others");
    const auto& order = tensor.changes->order;
    if (!order.empty())
      stored = static_cast<std::uint64_t>(std::ranges::find(order, static_cast<std::uint32_t>(column)) - order.begin());
  }
  FieldPlace place{row, 0, 0};
  const Grouping grouping = blockGrouping(tensor);
  const std::uint64_t flat = row * width + stored;
  if (grouping.granularity == Granularity::Block)
    place.block = flat / grouping.size - row * width / grouping.size;
  else if (grouping.size != 0)
    place.block = stored / grouping.size;
  const BlockPlace block = placeOfBlock(tensor, place);
  const BlockFields fields = fieldsOf(tensor, static_cast<std::uint32_t>(block.count));
  const auto found = std::ranges::find_if(fields.fields, [&](const BlockField& field) {
    return (field.role == FieldRole::Code || field.role == FieldRole::Index) &&
           field.speaksOf(static_cast<std::uint32_t>(flat - block.first));
  });
  if (found == fields.fields.end()) refuse(tensor, "code");
  place.field = static_cast<std::uint32_t>(found - fields.fields.begin());
  return place;
}

std::uint64_t fieldBits(const QuantizedTensor& tensor, const FieldPlace& place) {
  const BlockExplanation block = explainStored(tensor, place.row, place.block);
  if (place.field >= block.fields.fields.size()) refuse(tensor, "field");
  return bitsOf(block.fields.fields[place.field], block.bytes);
}

QuantizedTensorPtr withFieldBits(const QuantizedTensor& tensor, const FieldPlace& place, std::uint64_t bits) {
  const BlockPlace block = placeOfBlock(tensor, place);
  const BlockFields fields = fieldsOf(tensor, static_cast<std::uint32_t>(block.count));
  if (place.field >= fields.fields.size() || fields.fields[place.field].role == FieldRole::Padding)
    refuse(tensor, "field");
  const BlockField& field = fields.fields[place.field];
  if (field.bits() < 64) bits &= (std::uint64_t{1} << field.bits()) - 1;
  const auto level =
      static_cast<std::uint32_t>(std::count_if(fields.fields.begin(), fields.fields.begin() + place.field,
                                               [](const BlockField& f) { return f.role == FieldRole::Level; }));
  return Override(tensor, block, field, bits).make(level);
}

QuantizedTensorPtr withToggledBit(const QuantizedTensor& tensor, const FieldPlace& place, std::uint32_t bit) {
  const std::uint64_t bits = fieldBits(tensor, place);
  const BlockPlace block = placeOfBlock(tensor, place);
  if (bit >= fieldsOf(tensor, static_cast<std::uint32_t>(block.count)).fields[place.field].bits())
    refuse(tensor, "bit");
  return withFieldBits(tensor, place, bits ^ (std::uint64_t{1} << bit));
}

CodeNeighbours codeNeighbours(const QuantizedTensor& tensor, std::uint64_t element) {
  constexpr std::uint32_t kListedBits = 8;  // codes of more bits are floats, whose neighbours are the next bits
  const FieldPlace place = codePlace(tensor, element);
  const BlockPlace block = placeOfBlock(tensor, place);
  const BlockFields fields = fieldsOf(tensor, static_cast<std::uint32_t>(block.count));
  const std::uint32_t bits = fields.fields[place.field].bits();
  const std::uint64_t stored = fieldBits(tensor, place);
  std::vector<std::uint64_t> codes;
  if (bits <= kListedBits)
    for (std::uint64_t code = 0; code < std::uint64_t{1} << bits; ++code) codes.push_back(code);
  else
    codes = {stored - 1, stored + 1, stored ^ (std::uint64_t{1} << (bits - 1))};
  float value = 0.0F, low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
  decode(tensor, element, 1, &value);
  CodeNeighbours found;
  for (const std::uint64_t code : codes) {
    float other = 0.0F;
    decode(*withFieldBits(tensor, place, code), element, 1, &other);
    if (other < value && other > low) low = other, found.lower = code;
    if (other > value && other < high) high = other, found.higher = code;
  }
  return found;
}

}  // namespace core::quant
