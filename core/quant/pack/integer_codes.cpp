#include "core/quant/pack/integer_codes.h"

#include <algorithm>
#include <cstring>

#include "core/quant/bit_stream.h"
#include "core/quant/casts.h"

namespace core::quant {

IntegerCodes::IntegerCodes(const QuantizedTensor& tensor)
    : m_uniform(*tensor.as<Uniform>()),
      m_shape(tensor.shape),
      m_groups(groupsPerRow(m_uniform.grouping, tensor.rowValues())) {
  if (tensor.changes) m_order = tensor.changes->order;
  const std::uint64_t rowCount = rows(), rowValues = columns();
  const std::int32_t offset = m_uniform.qmin + (1 << (m_uniform.bits - 1));
  m_codes.resize(rowCount * rowValues);
  CodeRows stored(tensor.payload, m_uniform.bits, rowValues);
  for (std::uint64_t row = 0; row < rowCount; ++row) {
    const std::uint8_t* const from = stored.at(row);
    std::uint8_t* const to = m_codes.data() + row * rowValues;
    for (std::uint64_t k = 0; k < rowValues; ++k)
      to[m_order.empty() ? k : m_order[k]] = static_cast<std::uint8_t>(from[k] + offset);
  }
}

std::uint8_t IntegerCodes::zero(std::uint64_t row, std::uint64_t group) const {
  const std::int32_t half = 1 << (m_uniform.bits - 1);
  if (isSymmetric()) return static_cast<std::uint8_t>(half);
  return static_cast<std::uint8_t>(static_cast<std::int32_t>(m_uniform.zeroPoints[row * m_groups + group]) + half);
}

std::vector<std::int32_t> IntegerCodes::groupOfColumn() const {
  std::vector<std::int32_t> groups(columns(), 0);
  const std::uint64_t size = m_uniform.grouping.granularity == Granularity::Group ? m_uniform.grouping.size : columns();
  for (std::uint64_t k = 0; k < groups.size(); ++k)
    groups[m_order.empty() ? k : m_order[k]] = static_cast<std::int32_t>(k / size);
  return groups;
}

bool isReordered(const Scheme& scheme) {
  return scheme.method.name == MethodName::Gptq && scheme.method.actOrder == ActOrder::On &&
         scheme.method.staticGroups == StaticGroups::Off && scheme.format.grouping.granularity == Granularity::Group;
}

std::uint64_t wordsOf(std::uint64_t count, std::uint32_t bits) { return (count * bits + 31) / 32; }

void packWords(std::span<const std::uint8_t> codes, std::uint32_t bits, std::byte* words) {
  std::memset(words, 0, wordsOf(codes.size(), bits) * 4);
  packBits(codes.data(), codes.size(), bits, reinterpret_cast<std::uint8_t*>(words));
}

void storeScale(ScaleType type, float scale, std::byte* out) {
  switch (type) {
    case ScaleType::Fp16:
      return encodeF16(&scale, 1, reinterpret_cast<std::uint8_t*>(out));
    case ScaleType::Bf16:
      return encodeBf16(&scale, 1, reinterpret_cast<std::uint8_t*>(out));
    default:
      std::memcpy(out, &scale, sizeof(scale));
  }
}

tensor::DType scaleDType(ScaleType type) {
  switch (type) {
    case ScaleType::Fp16:
      return tensor::DType::F16;
    case ScaleType::Bf16:
      return tensor::DType::BF16;
    default:
      return tensor::DType::F32;
  }
}

}  // namespace core::quant
