#include "core/train/reverse_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/model/available_memory.h"
#include "core/train/decoded_weight.h"
#include "core/train/ops/attention.h"
#include "core/train/ops/dropout.h"
#include "core/train/ops/experts.h"
#include "core/train/ops/glu.h"
#include "core/train/ops/layer_norm.h"
#include "core/train/ops/linear_attention.h"
#include "core/train/ops/map.h"
#include "core/train/ops/map_columns.h"
#include "core/train/ops/rms_norm.h"
#include "core/train/ops/rope.h"
#include "core/train/ops/rounding.h"
#include "core/train/ops/short_conv.h"

namespace core::train {

using model::Op;
using model::OpKind;
using model::ValueId;

template <typename Real>
ReversePass<Real>::ReversePass(model::Graph graph, std::vector<PassWeight> weights, PassSettings settings)
    : m_graph(std::move(graph)), m_weights(std::move(weights)), m_settings(settings) {
  for (WeightId weight = 0; weight < m_weights.size(); ++weight)
    for (const WeightUse& use : m_weights[weight].uses) m_weightOf[{use.op, use.role}] = weight;
  m_values.resize(m_graph.values.size());
  m_gradients.resize(m_graph.values.size());
  m_layers.resize(m_graph.kv.size());
  findKept();
  findSections();
}

template <typename Real>
ReversePass<Real>::ReversePass(model::Graph graph, PassSettings settings)
    : ReversePass(graph, weightsOf(graph), settings) {}

template <typename Real>
void ReversePass<Real>::findKept() {
  m_isKept.assign(m_graph.values.size(), false);
  m_lastReader.assign(m_graph.values.size(), 0);
  m_firstBehind = m_graph.ops.size();
  for (std::size_t op = 0; op < m_graph.ops.size(); ++op) {
    const Op& operation = m_graph.ops[op];
    if (operation.kind() == OpKind::TakeRows) m_firstBehind = op;
    for (std::size_t i = 0; i < operation.inputs.size(); ++i) {
      m_lastReader[operation.inputs[i]] = op;
      const OpKind kind = operation.kind();
      const bool isRead = kind == OpKind::RmsNorm || kind == OpKind::LayerNorm || kind == OpKind::Glu ||
                          kind == OpKind::Attention || kind == OpKind::Map || kind == OpKind::Route ||
                          kind == OpKind::ExpertMatMul || kind == OpKind::MixExperts || kind == OpKind::MapColumns ||
                          kind == OpKind::ShortConv || kind == OpKind::LinearAttention ||
                          (kind == OpKind::MatMul && i == 0);
      if (isRead) m_isKept[operation.inputs[i]] = true;
    }
  }
  const ValueId logits = m_graph.ops.back().out;
  m_isKept[logits] = true;
}

template <typename Real>
void ReversePass<Real>::findSections() {
  std::vector<std::size_t> lastOfLayer(m_graph.kv.size(), 0);
  for (std::size_t op = 0; op < m_graph.ops.size(); ++op)
    if (m_graph.ops[op].kind() == OpKind::Attention)
      lastOfLayer[m_graph.ops[op].template as<model::Attention>().layer] = op;
  std::size_t first = 0, needed = 0;  // until which operation something is needed that was made before this one
  for (std::size_t op = 0; op < m_graph.ops.size(); ++op) {
    const Op& operation = m_graph.ops[op];
    const bool isLast = op + 1 == m_graph.ops.size();
    if (isLast || (operation.out != model::kNoValue && needed <= op)) {
      m_sections.push_back({first, op + 1});
      m_isKept[operation.out] = true;
      first = op + 1;
    }
    if (operation.kind() == OpKind::StoreKv) {
      needed = std::max(needed, lastOfLayer[operation.as<model::StoreKv>().layer]);
    } else {
      needed = std::max(needed, m_lastReader[operation.out]);
    }
  }
}

template <typename Real>
ops::Batch ReversePass<Real>::batchOf(std::size_t op) const {
  const bool isLast = m_logits == model::LogitsWanted::LastToken && op >= m_firstBehind;
  return {m_along.size(), isLast ? 1 : m_length, m_along};
}

template <typename Real>
ops::Batch ReversePass<Real>::normBatch(std::size_t op) const {
  ops::Batch batch = batchOf(op);
  const auto* const rms = std::get_if<model::RmsNorm>(&m_graph.ops[op].parameters);
  batch.length *= width(m_graph.ops[op].out) / (rms != nullptr ? rms->size() : smallWeightOf(op)->width);
  return batch;
}

template <typename Real>
WeightId ReversePass<Real>::weightOf(std::size_t op, WeightRole role) const {
  return m_weightOf.at({op, role});
}

template <typename Real>
const PassWeight* ReversePass<Real>::vectorOf(std::size_t op) const {
  const auto found = m_weightOf.find({op, WeightRole::Bias});
  return found == m_weightOf.end() ? nullptr : &m_weights[found->second];
}

template <typename Real>
const PassWeight* ReversePass<Real>::smallWeightOf(std::size_t op) const {
  const auto found = m_weightOf.find({op, WeightRole::Norm});
  return found == m_weightOf.end() ? nullptr : &m_weights[found->second];
}

template <typename Real>
std::span<const model::TokenId> ReversePass<Real>::rowsRead(std::size_t op) const {
  const auto found = m_rowsOfPositions.find(op);
  return found == m_rowsOfPositions.end() ? std::span<const model::TokenId>(m_tokens) : found->second;
}

template <typename Real>
const Offset<Real>* ReversePass<Real>::offsetAt(Place place) const {
  const auto found = m_offsets.find(place);
  return found == m_offsets.end() ? nullptr : &found->second;
}

template <typename Real>
void ReversePass<Real>::setOffsets(std::vector<Offset<Real>> offsets) {
  m_offsets.clear();
  for (Offset<Real>& offset : offsets) {
    const Place place = offset.place;
    const bool exists = place.op < m_graph.ops.size() &&
                        (place.input == Place::kResult ? m_graph.ops[place.op].out != model::kNoValue
                                                       : place.input < m_graph.ops[place.op].inputs.size());
    if (!exists) throw Error(ErrorCode::InvalidArgument, "An offset is to be added where nothing is computed.");
    m_offsets.emplace(place, std::move(offset));
  }
}

template <typename Real>
const Dropout* ReversePass<Real>::dropoutAt(Place place) const {
  const auto found = m_dropouts.find(place);
  return found == m_dropouts.end() ? nullptr : &found->second;
}

template <typename Real>
void ReversePass<Real>::setDropouts(std::vector<Dropout> dropouts) {
  m_dropouts.clear();
  for (const Dropout& dropout : dropouts) {
    const Place place = dropout.place;
    if (place.op >= m_graph.ops.size() || place.input >= m_graph.ops[place.op].inputs.size())
      throw Error(ErrorCode::InvalidArgument, "A dropout is to be where nothing is read.");
    if (!(dropout.probability >= 0.0 && dropout.probability < 1.0))
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("A dropout's probability is 0 or more and less than 1, not {}.", dropout.probability));
    m_dropouts.emplace(place, dropout);
  }
}

template <typename Real>
std::uint64_t ReversePass<Real>::keptBytes(std::uint64_t rows) const {
  std::uint64_t words = 0;
  for (ValueId value = 0; value < m_graph.values.size(); ++value)
    if (m_isKept[value] && value != m_graph.ops.back().out) words += width(value);
  for (const model::KvShape& layer : m_graph.kv) words += layer.keyWidth() + layer.valueWidth();
  for (const auto& [place, offset] : m_offsets)
    if (place.input != Place::kResult) words += width(m_graph.ops[place.op].inputs[place.input]);
  for (const auto& [place, dropout] : m_dropouts)
    if (offsetAt(place) == nullptr) words += width(m_graph.ops[place.op].inputs[place.input]);
  return rows * words * sizeof(Real);
}

template <typename Real>
void ReversePass<Real>::checkTokens(const Sequences& sequences) const {
  const auto& tokens = sequences.tokens;
  if (sequences.length == 0 || tokens.empty() || tokens.size() % sequences.length != 0 ||
      (!sequences.along.empty() && sequences.along.size() != sequences.count()))
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} tokens are no whole sequences of {}.", tokens.size(), sequences.length));
  const std::uint64_t known = m_graph.tokenCount();
  for (const model::TokenId token : tokens)
    if (token < 0 || static_cast<std::uint64_t>(token) >= known)
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("Token {} is not in the vocabulary of {} tokens.", token, known));
  if (const auto most = m_graph.mostPositions(); most && sequences.length > *most)
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("The model has learned {} positions, but a sequence has {} tokens.", *most, sequences.length));
  model::requireMemory(fmt::format("A reverse pass over {} tokens", tokens.size()),
                       static_cast<double>(std::min(keptBytes(tokens.size()), m_settings.mostKeptBytes)));
}

template <typename Real>
void ReversePass<Real>::checkLogits() const {
  const std::vector<Real>& logits = m_values[m_graph.ops.back().out];
  if (!std::ranges::all_of(logits, [](Real logit) { return std::isfinite(logit); }))
    throw Error(ErrorCode::NotFinite, "The model computes values that are no numbers.");
}

template <typename Real>
std::string ReversePass<Real>::firstNotFinite() const {
  for (const Op& op : m_graph.ops) {
    if (op.out == model::kNoValue) continue;
    const std::vector<Real>& value = m_values[op.out];
    if (!std::ranges::all_of(value, [](Real number) { return std::isfinite(number); }))
      return fmt::format("'{}'", m_graph.values[op.out].name);
  }
  return "the result";
}

template <typename Real>
std::span<const Real> ReversePass<Real>::forward(const Sequences& sequences, model::LogitsWanted wanted,
                                                 const JobContext& job) {
  checkTokens(sequences);
  m_tokens.assign(sequences.tokens.begin(), sequences.tokens.end());
  m_length = sequences.length;
  for (std::size_t op = 0; op < m_graph.ops.size(); ++op) {
    const auto* const positions = std::get_if<model::EmbedPositions>(&m_graph.ops[op].parameters);
    if (positions == nullptr) continue;
    std::vector<model::TokenId>& rows = m_rowsOfPositions[op];
    rows.resize(m_tokens.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      rows[i] = static_cast<model::TokenId>(positions->rowOf(static_cast<std::uint32_t>(i % m_length)));
  }
  m_along = sequences.along.empty() ? std::vector<double>(sequences.count(), 0.0) : sequences.along;
  m_logits = wanted;
  m_changedInputs.clear();
  m_isFrugal = keptBytes(m_tokens.size()) > m_settings.mostKeptBytes;
  for (Section& section : m_sections) {
    runSection(section, job);
    if (m_isFrugal && section.end != m_graph.ops.size()) drop(section);
  }
  checkLogits();
  return m_values[m_graph.ops.back().out];
}

template <typename Real>
void ReversePass<Real>::runSection(Section& section, const JobContext& job) {
  for (std::size_t op = section.first; op < section.end; ++op) {
    job.progress(static_cast<double>(op) / static_cast<double>(m_graph.ops.size()), "Computing forward");
    runOp(op, job);
    for (const ValueId value : m_graph.ops[op].inputs)
      if (!m_isKept[value] && m_lastReader[value] == op) std::vector<Real>().swap(m_values[value]);
  }
  section.isHere = true;
}

/// Frees what the section keeps but for its result.
template <typename Real>
void ReversePass<Real>::drop(Section& section) {
  for (std::size_t op = section.first; op < section.end; ++op) {
    const Op& operation = m_graph.ops[op];
    for (std::size_t i = 0; i < operation.inputs.size(); ++i) m_changedInputs.erase({op, i});
    if (operation.kind() == OpKind::StoreKv) {
      Layer& layer = m_layers[operation.as<model::StoreKv>().layer];
      std::vector<Real>().swap(layer.keys);
      std::vector<Real>().swap(layer.values);
    } else if (op + 1 != section.end) {
      std::vector<Real>().swap(m_values[operation.out]);
    }
  }
  section.isHere = false;
}

template <typename Real>
std::span<const Real> ReversePass<Real>::offsetGradient(Place place) const {
  const auto found = m_offsetGradients.find(place);
  return found == m_offsetGradients.end() ? std::span<const Real>() : std::span<const Real>(found->second);
}

// The rest of the class: a template, so it is one unit.
#include "core/train/reverse_pass_backward.inc"
#include "core/train/reverse_pass_experts.inc"
#include "core/train/reverse_pass_forward.inc"
#include "core/train/reverse_pass_recurrent.inc"
#include "core/train/reverse_pass_weights.inc"

template class ReversePass<float>;
template class ReversePass<double>;

}  // namespace core::train
