#include "core/model/non_finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/error.h"
#include "core/quant/quantizer.h"

namespace core::model {

namespace {

constexpr std::uint32_t kInfinityBits = 0x7f800000;  // of float32 without the sign; NaNs are above
constexpr float kHalfOverflow = 65520.0F;            // the smallest number that FP16 rounds to infinity

std::uint32_t magnitudeBits(float value) { return std::bit_cast<std::uint32_t>(value) & 0x7fffffffU; }

bool isNumber(float value) { return magnitudeBits(value) < kInfinityBits; }

std::string_view nameOf(float value) { return std::isnan(value) ? "NaN" : "an infinite value"; }

std::size_t firstNonFinite(std::span<const float> values) {
  return static_cast<std::size_t>(std::find_if_not(values.begin(), values.end(), isNumber) - values.begin());
}

}  // namespace

bool allFinite(std::span<const float> values) {
  // Blocks of a known size, whose largest bits the compiler finds many at a time.
  constexpr std::size_t kBlock = 64;
  std::uint32_t largest = 0;
  std::size_t i = 0;
  for (; i + kBlock <= values.size(); i += kBlock) {
    for (std::size_t j = 0; j < kBlock; ++j) largest = std::max(largest, magnitudeBits(values[i + j]));
  }
  for (; i < values.size(); ++i) largest = std::max(largest, magnitudeBits(values[i]));
  return largest < kInfinityBits;
}

struct NonFiniteSearch::Finding {
  const Op& op;
  std::size_t position, column;
};

struct NonFiniteSearch::Cause {
  std::string tensor;
  std::string text;  ///< empty: not this
};

ValueId NonFiniteSearch::idOf(const std::string& value) const {
  const auto found = std::ranges::find(m_graph.values, value, &Value::name);
  return static_cast<ValueId>(found - m_graph.values.begin());
}

const Op& NonFiniteSearch::maker(ValueId value) const { return *std::ranges::find(m_graph.ops, value, &Op::out); }

void NonFiniteSearch::look(const std::string& value, std::span<const float> data, std::uint32_t width) {
  const ValueId id = idOf(value);
  if (id == m_graph.ops.front().out) {
    m_firstPosition += m_batchRows;
    m_batchRows = data.size() / width;
  }
  rememberStored(id, data);
  if (allFinite(data)) return;
  const std::size_t index = firstNonFinite(data);
  const Finding finding{maker(id), m_firstPosition + index / width, index % width};
  Cause cause = causeOf(finding);
  throw Error(
      ErrorCode::NotFinite,
      fmt::format("The model does not compute numbers: {} at position {} (token {}) is the first activation with "
                  "{}, because {}.",
                  value, finding.position, m_tokens[finding.position], nameOf(data[index]), cause.text),
      std::move(cause.tensor));
}

void NonFiniteSearch::rememberStored(ValueId value, std::span<const float> data) {
  if (m_cacheType != KvType::F16 || m_tooLargeForHalf != kNoValue) return;
  const bool isStored = std::ranges::any_of(
      m_graph.ops, [&](const Op& op) { return op.kind == OpKind::StoreKv && (op.in == value || op.second == value); });
  if (isStored && std::ranges::any_of(data, [](float number) { return std::abs(number) >= kHalfOverflow; }))
    m_tooLargeForHalf = value;
}

NonFiniteSearch::Cause NonFiniteSearch::causeOf(const Finding& finding) const {
  Cause cause = causeInWeights(finding);
  return cause.text.empty() ? overflow(finding) : cause;
}

NonFiniteSearch::Cause NonFiniteSearch::causeInWeights(const Finding& finding) const {
  const Op& op = finding.op;
  const auto look = [](const quant::QuantizedTensor& tensor, std::size_t row, std::size_t first, std::size_t count) {
    std::vector<float> values(tensor.rowValues());
    quant::dequantizeRows(tensor, row, 1, values.data());
    const auto part = std::span(values).subspan(first, count);
    const std::size_t column = first + firstNonFinite(part);
    if (column == first + count) return Cause();
    const std::string place = tensor.shape.rank() == 1 ? fmt::format("at element {}", column)
                                                       : fmt::format("in row {}, column {}", row, column);
    return Cause{tensor.name, fmt::format("{} holds {} {}", tensor.name, nameOf(values[column]), place)};
  };
  switch (op.kind) {
    case OpKind::Embed:
      return look(*op.weight, static_cast<std::size_t>(m_tokens[finding.position]), finding.column, 1);
    case OpKind::RmsNorm:
      return look(*op.weight, 0, finding.column, 1);
    case OpKind::MatMul: {
      Cause cause = look(*op.weight, finding.column, 0, op.weight->rowValues());
      if (cause.text.empty() && op.bias) cause = look(*op.bias, 0, finding.column, 1);
      return cause;
    }
    default:
      return {};
  }
}

NonFiniteSearch::Cause NonFiniteSearch::overflow(const Finding& finding) const {
  const Op* op = &finding.op;
  if (op->kind == OpKind::Attention && m_tooLargeForHalf != kNoValue) {
    const Op& stored = maker(m_tooLargeForHalf);
    return {stored.weight->name, fmt::format("{} exceeds 65504, the largest number of an FP16 cache",
                                             m_graph.values[m_tooLargeForHalf].name)};
  }
  while (!op->weight) op = &maker(op->second != kNoValue ? op->second : op->in);
  const bool itself = op == &finding.op;
  return {op->weight->name,
          itself ? fmt::format("its products with {} exceed the range of float32", op->weight->name)
                 : fmt::format("its values exceed the range of float32 (nearest weights: {})", op->weight->name)};
}

}  // namespace core::model
