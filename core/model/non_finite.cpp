#include "core/model/non_finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/error.h"
#include "core/model/ops/route.h"
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

void NonFiniteSearch::look(const Observation& observation) {
  const std::span<const float> data = observation.data;
  remember(observation);
  if (allFinite(data)) return;
  const std::size_t index = firstNonFinite(data), width = data.size() / observation.rows;
  const Finding finding{observation.op, observation.firstPosition + index / width, index % width};
  Cause cause = causeOf(finding);
  throw Error(
      ErrorCode::NotFinite,
      fmt::format("The model does not compute numbers: {} at position {} (token {}) is the first activation with "
                  "{}, because {}.",
                  m_graph.values[observation.value].name, finding.position, m_tokens[finding.position],
                  nameOf(data[index]), cause.text),
      std::move(cause.tensor));
}

void NonFiniteSearch::remember(const Observation& observation) {
  const auto [value, data] = std::pair(observation.value, observation.data);
  if (observation.op.kind() == OpKind::Route) {
    m_routes[value].assign(data.begin(), data.end());
    m_firstRow = observation.firstPosition;
  }
  if (m_tooLargeForHalf != kNoValue) return;
  const bool isStored = std::ranges::any_of(m_graph.ops, [&, value = value](const Op& op) {
    return op.kind() == OpKind::StoreKv && ((m_cacheType.keys == KvFormat::F16 && op.inputs[0] == value) ||
                                            (m_cacheType.values == KvFormat::F16 && op.inputs[1] == value));
  });
  if (isStored && std::ranges::any_of(data, [](float number) { return std::abs(number) >= kHalfOverflow; }))
    m_tooLargeForHalf = value;
}

std::size_t NonFiniteSearch::expertOf(const Finding& finding) const {
  const ExpertMatMul& product = finding.op.as<ExpertMatMul>();
  const std::size_t slot = finding.column / slotStride(product.outWidth());
  const std::vector<float>& routes = m_routes.at(finding.op.inputs[1]);
  return ops::expertOf(routes.data() + (finding.position - m_firstRow) * 2 * product.used, slot);
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
  switch (op.kind()) {
    case OpKind::Embed:
      return look(*op.as<Embed>().weight, static_cast<std::size_t>(m_tokens[finding.position]), finding.column, 1);
    case OpKind::EmbedPositions:
      return look(*op.as<EmbedPositions>().weight,
                  op.as<EmbedPositions>().rowOf(static_cast<std::uint32_t>(finding.position)), finding.column, 1);
    case OpKind::RmsNorm:
      if (op.weight() == nullptr) return {};
      return look(**op.weight(), 0, finding.column % (*op.weight())->rowValues(), 1);
    case OpKind::LayerNorm: {
      const LayerNorm& norm = op.as<LayerNorm>();
      const std::size_t column = finding.column % norm.weight->rowValues();
      Cause cause = look(*norm.weight, 0, column, 1);
      if (cause.text.empty() && norm.bias) cause = look(*norm.bias, 0, column, 1);
      return cause;
    }
    case OpKind::MapColumns: {
      const MapColumns& columns = op.as<MapColumns>();
      const std::size_t width = m_graph.values[op.out].width;
      const auto at = [&](const quant::QuantizedTensorPtr& vector) {
        return vector ? look(*vector, 0, finding.column * vector->shape.count() / width, 1) : Cause();
      };
      Cause cause = at(columns.weight);
      return cause.text.empty() ? at(columns.bias) : cause;
    }
    case OpKind::ShortConv: {
      const ShortConv& conv = op.as<ShortConv>();
      Cause cause = look(*conv.weight, finding.column, 0, conv.taps());
      if (cause.text.empty() && conv.bias) cause = look(*conv.bias, 0, finding.column, 1);
      return cause;
    }
    case OpKind::Attention: {
      const Attention& attention = op.as<Attention>();
      const std::uint32_t valueSize = m_graph.kv[attention.layer].valueHeadSize;
      return attention.sinks ? look(*attention.sinks, 0, finding.column / valueSize, 1) : Cause();
    }
    case OpKind::Route: {
      const Route& route = op.as<Route>();
      if (!route.weight || finding.column < route.used) return {};
      const float* const routes = m_routes.at(op.out).data() + (finding.position - m_firstRow) * 2 * route.used;
      return look(*route.weight, 0, ops::expertOf(routes, finding.column - route.used), 1);
    }
    case OpKind::ExpertMatMul: {
      const ExpertMatMul& product = op.as<ExpertMatMul>();
      const std::size_t row = finding.column % slotStride(product.outWidth()), expert = expertOf(finding);
      Cause cause = look(*product.weight, expert * product.outWidth() + row, 0, product.weight->rowValues());
      if (cause.text.empty() && product.bias) cause = look(*product.bias, expert, row, 1);
      return cause;
    }
    case OpKind::MatMul: {
      const MatMul& product = op.as<MatMul>();
      Cause cause = look(*product.weight, finding.column, 0, product.weight->rowValues());
      if (cause.text.empty() && product.bias) cause = look(*product.bias, 0, finding.column, 1);
      return cause;
    }
    default:
      return {};
  }
}

const quant::QuantizedTensor& NonFiniteSearch::nearestWeight(const Op& op) const {
  // Of a sum, the newer part: the other one is the residual. Of a mix, what is mixed.
  const Op* at = &op;
  while (at->weight() == nullptr)
    at = &m_graph.maker(at->kind() == OpKind::MixExperts ? at->inputs.front() : at->inputs.back());
  return **at->weight();
}

NonFiniteSearch::Cause NonFiniteSearch::overflow(const Finding& finding) const {
  if (finding.op.kind() == OpKind::Attention && m_tooLargeForHalf != kNoValue) {
    return {
        nearestWeight(m_graph.maker(m_tooLargeForHalf)).name,
        fmt::format("{} exceeds 65504, the largest number of an FP16 cache", m_graph.values[m_tooLargeForHalf].name)};
  }
  const std::string& weight = nearestWeight(finding.op).name;
  return {weight, finding.op.weight() != nullptr
                      ? fmt::format("its products with {} exceed the range of float32", weight)
                      : fmt::format("its values exceed the range of float32 (nearest weights: {})", weight)};
}

}  // namespace core::model
