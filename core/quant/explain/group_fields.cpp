#include <algorithm>

#include "core/quant/bit_stream.h"
#include "core/quant/explain/field_run.h"
#include "core/quant/stored_size.h"

namespace core::quant {

namespace {

constexpr std::uint32_t kWholeTensor = 0;

/// Appends fields one behind the other; padBytes() starts a new byte.
class GroupFields {
 public:
  explicit GroupFields(std::uint32_t values) { m_result.values = values; }

  void add(FieldRole role, std::string_view symbol, FieldReading reading, std::uint32_t bits,
           std::uint32_t sharedBy = 1) {
    BlockField field;
    field.role = role;
    field.symbol = symbol;
    field.reading = reading;
    field.ranges[0] = {m_bits, bits, 0};
    field.valueCount = m_result.values;
    field.sharedBy = sharedBy;
    m_result.fields.push_back(field);
    m_bits += bits;
  }
  void addScale(ScaleType type, std::string_view symbol, FieldRole role = FieldRole::Scale) {
    switch (type) {
      case ScaleType::Fp32:
        return add(role, symbol, FieldReading::Fp32, 32);
      case ScaleType::Fp16:
        return add(role, symbol, FieldReading::Fp16, 16);
      case ScaleType::Bf16:
        return add(role, symbol, FieldReading::Bf16, 16);
      case ScaleType::UInt8:
        add(FieldRole::SuperScale, "M", FieldReading::Fp32, 32, kScalesPerMaximum);
        return add(role, "k", FieldReading::Unsigned, 8);
      case ScaleType::E8M0:
        return add(role, symbol, FieldReading::E8M0, 8);
      case ScaleType::E4M3:
        add(FieldRole::SuperScale, "g", FieldReading::Fp32, 32, kWholeTensor);
        return add(role, "s", FieldReading::Fp8E4M3, 8);
    }
  }
  void addNestedScale() {
    add(FieldRole::Offset, "o", FieldReading::Fp32, 32, kWholeTensor);
    add(FieldRole::SuperScale, "A", FieldReading::Fp32, 32, kNestedBlock);
    add(FieldRole::Scale, "c", FieldReading::DynamicMap, 8);
  }
  void padBytes() {
    if (m_bits % 8 == 0) return;
    add(FieldRole::Padding, "0", FieldReading::Bits, 8 - m_bits % 8);
    m_result.fields.back().valueCount = 0;
  }
  void addCodes(std::uint32_t bits, FieldReading reading, Packing packing, std::string_view symbol) {
    const std::uint32_t first = m_bits, values = m_result.values;
    for (std::uint32_t v = 0; v < values; ++v) {
      add(FieldRole::Code, symbol, reading, bits);
      m_result.fields.back().firstValue = v;
      m_result.fields.back().valueCount = 1;
      if (packing == Packing::NibblesHighFirst) m_result.fields.back().ranges[0].firstBit = first + 4 * (v ^ 1U);
    }
    padBytes();
    if (packing == Packing::NibblesHighFirst && values % 2 != 0) m_result.fields.back().ranges[0].firstBit -= 4;
  }
  BlockFields take() {
    m_result.bytes = m_bits / 8;
    m_result.fieldOfBit.resize(m_bits);
    for (std::size_t f = 0; f < m_result.fields.size(); ++f)
      for (const BitRange& range : m_result.fields[f].ranges)
        std::fill_n(m_result.fieldOfBit.begin() + range.firstBit, range.bits, static_cast<std::uint32_t>(f));
    return std::move(m_result);
  }

 private:
  BlockFields m_result;
  std::uint32_t m_bits = 0;
};

FieldReading codeReading(FormatName name) {
  switch (name) {
    case FormatName::Fp8E4M3:
    case FormatName::MxE4M3:
      return FieldReading::Fp8E4M3;
    case FormatName::Fp8E5M2:
    case FormatName::MxE5M2:
      return FieldReading::Fp8E5M2;
    case FormatName::MxE3M2:
      return FieldReading::Fp6E3M2;
    case FormatName::MxE2M3:
      return FieldReading::Fp6E2M3;
    case FormatName::MxE2M1:
    case FormatName::NvE2M1:
      return FieldReading::Fp4E2M1;
    case FormatName::MxInt8:
      return FieldReading::Signed;
    default:
      return FieldReading::Unsigned;
  }
}

/// Zero-points of 16 and 32 bits are floats.
FieldReading zeroPointReading(std::uint32_t bits) {
  return bits == 16 ? FieldReading::Fp16 : bits == 32 ? FieldReading::Fp32 : FieldReading::Unsigned;
}

BlockFields uniformFields(std::uint32_t bits, ScaleType scaleType, std::uint32_t zeroPointBits, std::uint32_t values) {
  GroupFields fields(values);
  fields.addScale(scaleType, "S");
  if (zeroPointBits != 0) fields.add(FieldRole::ZeroPoint, "Z", zeroPointReading(zeroPointBits), zeroPointBits);
  fields.padBytes();
  fields.addCodes(bits, FieldReading::Unsigned, Packing::Rows, "u");
  return fields.take();
}

BlockFields learnedFields(std::uint32_t bits, ScaleType levelType, std::uint32_t values) {
  GroupFields fields(values);
  for (std::uint32_t level = 0; level < 1U << bits; ++level) fields.addScale(levelType, "c", FieldRole::Level);
  fields.addCodes(bits, FieldReading::Unsigned, Packing::Rows, "u");
  return fields.take();
}

BlockFields codeBookFields(std::uint32_t bits, bool isNested, ScaleType scaleType, Packing packing,
                           FieldReading reading, std::uint32_t values) {
  GroupFields fields(values);
  if (isNested)
    fields.addNestedScale();
  else
    fields.addScale(scaleType, "S");
  fields.addCodes(bits, reading, packing, reading == FieldReading::Unsigned ? "u" : "q");
  return fields.take();
}

BlockFields elementFields(tensor::DType dtype, std::uint32_t values) {
  return tensor::info(dtype).blockValues == 1 ? plainFields(dtype, values) : fieldsOf(dtype);
}

}  // namespace

BlockFields fieldsOf(const Format& format, std::uint32_t values) {
  if (const auto dtype = storedDType(format)) return elementFields(*dtype, values);
  const std::uint32_t bits = codeBits(format.name);
  switch (family(format.name)) {
    case Family::Integer:
    case Family::LlmInt8:
      return uniformFields(bits, format.scaleType, zeroPointBits(format), values);
    case Family::KMeans:
      return learnedFields(bits, format.scaleType, values);
    case Family::CodeBook:
      return codeBookFields(bits, format.doubleQuantization == DoubleQuantization::On, format.scaleType,
                            bits == 4 ? Packing::NibblesHighFirst : Packing::Rows, FieldReading::Unsigned, values);
    default:
      return codeBookFields(bits, false, format.scaleType, Packing::Rows, codeReading(format.name), values);
  }
}

BlockFields fieldsOf(const QuantizedTensor& tensor, std::uint32_t values) {
  if (const auto* elements = tensor.as<Elements>()) return elementFields(elements->dtype, values);
  if (const auto* uniform = tensor.as<Uniform>())
    return uniformFields(uniform->bits, uniform->scaleType, uniform->zeroPoints.empty() ? 0 : uniform->zeroPointBits,
                         values);
  if (const auto* learned = tensor.as<LearnedCodeBooks>())
    return learnedFields(learned->bits, learned->levelType, values);
  const CodeBook& codes = std::get<CodeBook>(tensor.layout);
  return codeBookFields(codes.bits, codes.nested.has_value(), codes.scaleType, codes.packing,
                        tensor.scheme ? codeReading(tensor.scheme->format.name) : FieldReading::Unsigned, values);
}

}  // namespace core::quant
