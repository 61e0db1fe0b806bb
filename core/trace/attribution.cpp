#include "core/trace/attribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/trace/contribution_sums.h"
#include "core/trace/gauss_legendre.h"
#include "core/trace/rounding_errors.h"
#include "core/train/reverse_pass.h"

namespace core::trace {

using model::Graph;
using model::OpKind;
using model::TokenId;
using train::Place;
using train::WeightId;
using Pass = train::ReversePass<float>;

namespace {

constexpr double kLogitError = 2e-6;  // relative, of a logit in float32

/// What the weight lies in at its first use.
const quant::QuantizedTensor& tensorOf(const Graph& graph, const train::PassWeight& weight) {
  const auto [op, role] = weight.uses.front();
  if (role == train::WeightRole::Bias) return *graph.ops[op].as<model::MatMul>().bias;
  return **graph.ops[op].weight();
}

/// The line between two models, and the objective along it.
class Line {
 public:
  Line(const Graph& reference, const Graph& compared, std::span<const TokenId> tokens, const Objective& objective,
       const AttributionSettings& settings, const JobContext& job)
      : m_tokens(tokens),
        m_objective(objective),
        m_compared(train::plainGraph(compared)),
        m_reference(train::plainGraph(reference)),
        m_pass(m_compared.graph, train::weightsBetween(m_compared.graph, m_reference.graph),
               {train::Rounding::None, model::KvType::F32}) {
    checkObjective();
    const RoundingErrors ours = measureRoundingErrors(compared, m_compared, tokens, settings.comparedKv, job);
    const RoundingErrors theirs = measureRoundingErrors(reference, m_reference, tokens, settings.referenceKv, job);
    std::map<Place, train::Offset<float>> offsets;
    for (const auto& [place, error] : ours) offsets[place].base = error;
    for (const auto& [place, error] : theirs) offsets[place].target = error;
    for (auto& [place, offset] : offsets) {
      offset.place = place;
      m_offsets.push_back(std::move(offset));
    }
    m_pass.setOffsets(m_offsets);
  }

  const Pass& pass() const { return m_pass; }
  /// The reference's tensor of this weight, whose name is told, and the compared one.
  const quant::QuantizedTensor& referenceTensor(WeightId id) const {
    return tensorOf(m_reference.graph, m_pass.weights()[id]);
  }
  const quant::QuantizedTensor& comparedTensor(WeightId id) const {
    return tensorOf(m_compared.graph, m_pass.weights()[id]);
  }
  const std::vector<train::Offset<float>>& offsets() const { return m_offsets; }
  const Graph& graph() const { return m_compared.graph; }
  std::string nameOf(WeightId id) const { return referenceTensor(id).name; }

  /// Both ends: g(0), g(1).
  std::pair<double, double> ends(const JobContext& job) {
    const std::span<const float> logits = forward({0.0, 1.0}, job);
    const std::size_t vocabulary = logits.size() / 2;
    m_resolution = 0.0;
    for (std::size_t end = 0; end < 2; ++end)
      for (const Objective::Term& term : m_objective.terms)
        m_resolution += kLogitError *
                        std::abs(term.coefficient *
                                 static_cast<double>(logits[end * vocabulary + static_cast<std::size_t>(term.token)]));
    return {m_objective.of(logits.first(vocabulary)), m_objective.of(logits.last(vocabulary))};
  }

  /// What sums in float32 leave open of the difference of both ends.
  double resolution() const { return m_resolution; }

  /// Gradients integrated along the line, as they are wanted.
  void integrate(std::size_t points, const train::Wanted<float>& wanted, const JobContext& job) {
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

  std::span<const float> offsetGradient(Place place) const { return m_pass.offsetGradient(place); }

 private:
  void checkObjective() const {
    const std::uint32_t vocabulary = m_compared.graph.vocabulary();
    for (const Objective::Term& term : m_objective.terms)
      if (term.token < 0 || static_cast<std::uint32_t>(term.token) >= vocabulary)
        throw Error(ErrorCode::InvalidArgument,
                    fmt::format("Token {} has no logit: there are {}.", term.token, vocabulary));
    if (m_tokens.empty()) throw Error(ErrorCode::InvalidArgument, "There is nothing to read before the word.");
  }

  std::span<const float> forward(const std::vector<double>& along, const JobContext& job) {
    std::vector<TokenId> tokens;
    for (std::size_t i = 0; i < along.size(); ++i) tokens.insert(tokens.end(), m_tokens.begin(), m_tokens.end());
    return m_pass.forward({tokens, m_tokens.size(), along}, model::LogitsWanted::LastToken, job);
  }

  std::span<const TokenId> m_tokens;
  const Objective& m_objective;
  train::PlainGraph m_compared, m_reference;
  Pass m_pass;
  std::vector<train::Offset<float>> m_offsets;
  double m_resolution = 0.0;
};

/// (target − base) · gradient
void contributionsOfPanel(const train::WeightGradient<float>& panel, std::span<float> out) {
  constexpr std::size_t kGrain = 32768;
  parallelFor(out.size(), kGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) out[i] = panel.gradient[i] * panel.change[i];
  });
}

class Attributor {
 public:
  Attributor(Line& line, const AttributionSettings& settings) : m_line(line), m_settings(settings) {
    for (WeightId id = 0; id < line.pass().weights().size(); ++id)
      if (line.pass().weights()[id].target) m_wanted.push_back(id);
  }

  Attribution run(const JobContext& job) {
    const auto [compared, reference] = m_line.ends(job.part(0.0, 0.1));
    for (std::size_t points = m_settings.firstPoints;; points *= 2) {
      Attribution result = integrate(points, job.part(0.1, 1.0));
      result.compared = compared;
      result.reference = reference;
      result.remainder = reference - compared - result.total();
      const double allowed = std::max(m_settings.remainder * std::abs(reference - compared), m_line.resolution());
      const bool isClose = std::abs(result.remainder) <= allowed;
      if (isClose || points * 2 > m_settings.mostPoints) return result;
    }
  }

 private:
  Attribution integrate(std::size_t points, const JobContext& job) {
    Attribution result;
    result.points = points;
    std::map<WeightId, std::uint32_t> index;
    for (const WeightId id : m_wanted) {
      index[id] = static_cast<std::uint32_t>(result.tensors.size());
      result.tensors.push_back(emptyTensor(id));
    }
    BestWeights most(BestWeights::Order::LargestFirst, m_settings.keep);
    BestWeights least(BestWeights::Order::SmallestFirst, m_settings.keep);
    std::vector<float> contributions;
    const auto visit = [&](const train::WeightGradient<float>& panel) {
      contributions.resize(panel.gradient.size());
      contributionsOfPanel(panel, contributions);
      const std::uint32_t tensor = index.at(panel.weight);
      TensorContribution& sums = result.tensors[tensor];
      addPanel(sums, panel.firstRow, contributions);
      most.add(tensor, panel.firstRow * sums.width, contributions);
      least.add(tensor, panel.firstRow * sums.width, contributions);
    };
    m_line.integrate(points, {.weights = m_wanted, .values = {}, .offsets = true, .visit = visit}, job);
    result.most = most.take();
    result.least = least.take();
    addRoundings(result);
    return result;
  }

  TensorContribution emptyTensor(WeightId id) const {
    const train::PassWeight& weight = m_line.pass().weights()[id];
    TensorContribution tensor;
    tensor.name = m_line.nameOf(id);
    tensor.rows = weight.rows;
    tensor.width = weight.width;
    tensor.blockSize =
        m_settings.blockSize ? m_settings.blockSize(tensor.name) : blockSizeOf(m_line.comparedTensor(id));
    tensor.rowSums.resize(tensor.rows, 0.0);
    tensor.blockSums.resize(tensor.rows * tensor.blocksPerRow(), 0.0F);
    return tensor;
  }

  void addRoundings(Attribution& result) const {
    for (const train::Offset<float>& offset : m_line.offsets()) {
      const std::span<const float> gradient = m_line.offsetGradient(offset.place);
      const model::Op& op = m_line.graph().ops[offset.place.op];
      RoundingContribution rounding{kindOf(op, offset.place), "", 0.0, {}};
      const model::ValueId value = offset.place.input == Place::kResult ? op.out : op.inputs[offset.place.input];
      const std::size_t width = m_line.graph().values[value].width;
      rounding.name =
          op.kind() == OpKind::MatMul ? op.as<model::MatMul>().weight->name : m_line.graph().values[value].name;
      rounding.columns.resize(width, 0.0);
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        const float base = offset.base.empty() ? 0.0F : offset.base[i];
        const float target = offset.target.empty() ? 0.0F : offset.target[i];
        rounding.columns[i % width] += static_cast<double>(gradient[i]) * static_cast<double>(target - base);
      }
      for (const double column : rounding.columns) rounding.sum += column;
      result.roundings.push_back(std::move(rounding));
    }
  }

  static RoundingContribution::Kind kindOf(const model::Op& op, Place place) {
    using Kind = RoundingContribution::Kind;
    if (op.kind() == OpKind::StoreKv) return place.input == 0 ? Kind::Keys : Kind::Values;
    return place.input == Place::kResult ? Kind::Result : Kind::Input;
  }

  Line& m_line;
  const AttributionSettings& m_settings;
  std::vector<WeightId> m_wanted;
};

}  // namespace

double Attribution::total() const {
  double sum = 0.0;
  for (const TensorContribution& tensor : tensors) sum += tensor.sum;
  for (const RoundingContribution& rounding : roundings) sum += rounding.sum;
  return sum;
}

std::uint32_t blockSizeOf(const quant::QuantizedTensor& tensor) {
  constexpr std::uint32_t kGgufBlock = 32, kOtherBlock = 64;
  const quant::Grouping* grouping = nullptr;
  if (const auto* codes = tensor.as<quant::Uniform>()) grouping = &codes->grouping;
  if (const auto* codes = tensor.as<quant::CodeBook>()) grouping = &codes->grouping;
  if (const auto* codes = tensor.as<quant::LearnedCodeBooks>()) grouping = &codes->grouping;
  if (grouping != nullptr) return grouping->size != 0 ? grouping->size : kOtherBlock;
  const auto dtype = tensor.dtype();
  return dtype && tensor::info(*dtype).blockValues > 1 ? kGgufBlock : kOtherBlock;
}

Attribution attribute(const Graph& reference, const Graph& compared, std::span<const TokenId> tokens,
                      const Objective& objective, const AttributionSettings& settings, const JobContext& job) {
  Line line(reference, compared, tokens, objective, settings, job.part(0.0, 0.05));
  return Attributor(line, settings).run(job.part(0.05, 1.0));
}

std::vector<float> contributionsOf(const std::string& tensor, const Graph& reference, const Graph& compared,
                                   std::span<const TokenId> tokens, const Objective& objective, std::size_t points,
                                   const AttributionSettings& settings, const JobContext& job) {
  Line line(reference, compared, tokens, objective, settings, job.part(0.0, 0.05));
  const auto& weights = line.pass().weights();
  for (WeightId id = 0; id < weights.size(); ++id) {
    if (!weights[id].target || line.nameOf(id) != tensor) continue;
    std::vector<float> all(weights[id].count(), 0.0F);
    const auto visit = [&](const train::WeightGradient<float>& panel) {
      contributionsOfPanel(panel, std::span(all).subspan(panel.firstRow * weights[id].width, panel.gradient.size()));
    };
    line.integrate(points, {.weights = {id}, .values = {}, .offsets = false, .visit = visit}, job.part(0.05, 1.0));
    return all;
  }
  throw Error(ErrorCode::NotFound, "The two models do not differ in a tensor of this name.", tensor);
}

}  // namespace core::trace
