#include "core/trace/model_line.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/trace/gauss_legendre.h"
#include "core/trace/rounding_errors.h"

namespace core::trace {

using model::Graph;
using model::TokenId;
using train::Place;
using train::WeightId;

namespace {

constexpr double kLogitError = 2e-6;  // relative, of a logit in float32

/// What the weight lies in at its first use.
const quant::QuantizedTensor& tensorOf(const Graph& graph, const train::PassWeight& weight) {
  const auto [op, role] = weight.uses.front();
  if (role == train::WeightRole::Bias) return **graph.ops[op].vector();
  return **graph.ops[op].weight();
}

}  // namespace

ModelLine::ModelLine(const Graph& reference, const Graph& compared, std::span<const TokenId> tokens,
                     const Objective& objective, const AttributionSettings& settings, const JobContext& job)
    : m_tokens(tokens),
      m_objective(objective),
      m_compared(train::plainGraph(compared)),
      m_reference(train::plainGraph(reference)),
      m_pass(m_compared.graph, train::weightsBetween(m_compared.graph, m_reference.graph),
             {train::Rounding::None, model::KvType::F32}) {
  checkObjective();
  const RoundingErrors ours =
      measureRoundingErrors(compared, m_compared, tokens, settings.comparedKv, job.part(0.0, 0.5));
  const RoundingErrors theirs =
      measureRoundingErrors(reference, m_reference, tokens, settings.referenceKv, job.part(0.5, 1.0));
  std::map<Place, train::Offset<float>> offsets;
  for (const auto& [place, error] : ours) offsets[place].base = error;
  for (const auto& [place, error] : theirs) offsets[place].target = error;
  for (auto& [place, offset] : offsets) {
    offset.place = place;
    m_offsets.push_back(std::move(offset));
  }
  m_pass.setOffsets(m_offsets);
}

const quant::QuantizedTensor& ModelLine::comparedTensor(WeightId weight) const {
  return tensorOf(m_compared.graph, m_pass.weights()[weight]);
}

const std::string& ModelLine::nameOf(WeightId weight) const {
  return tensorOf(m_reference.graph, m_pass.weights()[weight]).name;
}

void ModelLine::checkObjective() const {
  const std::uint32_t vocabulary = m_compared.graph.vocabulary();
  for (const Objective::Term& term : m_objective.terms)
    if (term.token < 0 || static_cast<std::uint32_t>(term.token) >= vocabulary)
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("Token {} has no logit: there are {}.", term.token, vocabulary));
  if (m_tokens.empty()) throw Error(ErrorCode::InvalidArgument, "There is nothing to read before the word.");
}

std::span<const float> ModelLine::forward(const std::vector<double>& along, const JobContext& job) {
  std::vector<TokenId> tokens;
  for (std::size_t i = 0; i < along.size(); ++i) tokens.insert(tokens.end(), m_tokens.begin(), m_tokens.end());
  return m_pass.forward({tokens, m_tokens.size(), along}, model::LogitsWanted::LastToken, job);
}

std::pair<double, double> ModelLine::ends(const JobContext& job) {
  const std::span<const float> logits = forward({0.0, 1.0}, job);
  const auto compared = logits.first(logits.size() / 2), reference = logits.last(logits.size() / 2);
  m_resolution = 0.0;
  for (const Objective::Term& term : m_objective.terms) {
    const auto token = static_cast<std::size_t>(term.token);
    const double magnitude =
        std::abs(static_cast<double>(compared[token])) + std::abs(static_cast<double>(reference[token]));
    m_resolution += kLogitError * std::abs(term.coefficient) * magnitude;
  }
  return {m_objective.of(compared), m_objective.of(reference)};
}

void ModelLine::integrate(std::size_t points, const train::Wanted<float>& wanted, const JobContext& job) {
  const std::vector<QuadratureNode> nodes = gaussLegendre(points);
  std::vector<double> along;
  for (const QuadratureNode& node : nodes) along.push_back(node.at);
  const std::size_t count = forward(along, job.part(0.0, 0.3)).size(), vocabulary = count / points;
  std::vector<float> seeds(count, 0.0F);
  for (std::size_t point = 0; point < points; ++point)
    for (const Objective::Term& term : m_objective.terms)
      seeds[point * vocabulary + static_cast<std::size_t>(term.token)] +=
          static_cast<float>(nodes[point].weight * term.coefficient);
  m_pass.backward(seeds, wanted, job.part(0.3, 1.0));
}

}  // namespace core::trace
