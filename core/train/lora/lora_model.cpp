#include "core/train/lora/lora_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <random>
#include <set>
#include <string_view>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/adapter_graph.h"
#include "core/model/architectures/tensor_names.h"
#include "core/quant/compute_type.h"

namespace core::train {

namespace {

using model::Op;

/// "blk.0.attn_q.weight", or what Hugging Face calls it, → "attn_q"; "output.weight" → "output".
std::string kindOf(const std::string& tensor) {
  const std::string canonical = model::canonicalName(tensor);
  std::string_view name = canonical;
  if (name.starts_with("blk.")) name.remove_prefix(std::min(name.find('.', 4), name.size() - 1) + 1);
  constexpr std::string_view kEnd = ".weight";
  if (name.ends_with(kEnd)) name.remove_suffix(kEnd.size());
  return std::string(name);
}

void check(const LoraSettings& settings) {
  const auto require = [](bool holds, const char* sentence) {
    if (!holds) throw Error(ErrorCode::InvalidArgument, sentence);
  };
  require(settings.rank > 0, "The rank of an adapter is at least 1.");
  require(std::isfinite(settings.alpha), "The alpha of an adapter is a finite number.");
  require(settings.dropout >= 0.0 && settings.dropout < 1.0, "Dropout is 0 or more and less than 1.");
  require(!settings.targets.empty(), "An adapter needs matrices to adapt.");
}

/// The matrices to adapt, in the order in which they are multiplied with.
std::vector<quant::QuantizedTensorPtr> targetsIn(const model::Graph& graph, const LoraSettings& settings) {
  const std::set<std::string> wanted(settings.targets.begin(), settings.targets.end());
  std::set<std::string> found;
  std::set<const quant::QuantizedTensor*> seen;
  std::vector<quant::QuantizedTensorPtr> targets;
  for (const Op& op : graph.ops) {
    if (op.kind() != model::OpKind::MatMul) continue;
    const quant::QuantizedTensorPtr& weight = op.as<model::MatMul>().weight;
    const std::string kind = kindOf(weight->name);
    if (!wanted.contains(kind)) continue;
    found.insert(kind);
    if (seen.insert(weight.get()).second) targets.push_back(weight);
  }
  for (const std::string& target : settings.targets)
    if (!found.contains(target))
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("The model has no matrix {} that could be adapted.", io::inQuotes(target)), target);
  return targets;
}

/// Normal numbers of deviation 1 / sqrt(width), two of every two uniform ones (Box & Muller 1958).
void drawFirst(std::mt19937_64& random, std::uint64_t width, std::vector<float>& values) {
  constexpr double kModelStep = 0x1p-53;
  const double deviation = 1.0 / std::sqrt(static_cast<double>(width));
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const double first = (static_cast<double>(random() >> 11U) + 0.5) * kModelStep;
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(random() >> 11U) * kModelStep;
    const double length = deviation * std::sqrt(-2.0 * std::log(first));
    values[i] = static_cast<float>(length * std::cos(angle));
    if (i + 1 < values.size()) values[i + 1] = static_cast<float>(length * std::sin(angle));
  }
}

/// A tensor over numbers that prepare() fills in.
quant::QuantizedTensorPtr tensorOver(const std::shared_ptr<std::vector<float>>& values, std::string name,
                                     std::uint64_t rows, std::uint64_t width, float factor) {
  auto tensor = std::make_shared<quant::QuantizedTensor>();
  tensor->name = std::move(name);
  tensor->shape = tensor::Shape{rows, width};
  tensor->layout = quant::Elements{tensor::DType::F32};
  tensor->payload = std::as_bytes(std::span(*values));
  tensor->owner = values;
  tensor->factor = factor;
  return tensor;
}

}  // namespace

struct LoraModel::Impl {
  LoraSettings settings;
  float scale = 1.0F;
  model::Graph graph;
  std::vector<PassWeight> weights;
  std::vector<WeightId> wanted;
  std::vector<Parameter> parameters;
  std::vector<LoraPair> pairs;
  std::vector<std::shared_ptr<std::vector<float>>> computed;  ///< of each parameter: what the graph's tensors read
  std::map<WeightId, std::size_t> parameterOf;
  std::vector<std::size_t> firstOps;  ///< of each pair: the product with A

  void addPairs(const model::Graph& base) {
    std::mt19937_64 random(settings.seed);
    std::vector<model::AdapterFactors> factors;
    for (const quant::QuantizedTensorPtr& target : targetsIn(base, settings)) {
      const std::uint64_t in = target->rowValues(), out = target->rows(), rank = settings.rank;
      const std::size_t a = addParameter(target->name + ".lora_a", rank * in);
      const std::size_t b = addParameter(target->name + ".lora_b", out * rank);
      drawFirst(random, in, parameters[a].values);
      pairs.push_back({target->name, in, out, a, b});
      factors.push_back({target->name, tensorOver(computed[a], parameters[a].name, rank, in, 1.0F),
                         tensorOver(computed[b], parameters[b].name, out, rank, scale)});
    }
    graph = model::withAdapters(base, factors);
  }

  std::size_t addParameter(std::string name, std::uint64_t count) {
    parameters.push_back({std::move(name), std::vector<float>(count, 0.0F), std::vector<float>(count, 0.0F)});
    computed.push_back(std::make_shared<std::vector<float>>(count, 0.0F));
    return parameters.size() - 1;
  }

  void findWeights() {
    weights = weightsOf(graph);
    std::map<std::string, std::size_t> byName;
    for (std::size_t i = 0; i < parameters.size(); ++i) byName.emplace(parameters[i].name, i);
    for (WeightId weight = 0; weight < weights.size(); ++weight) {
      const auto found = byName.find(weights[weight].name);
      if (found == byName.end()) continue;
      wanted.push_back(weight);
      parameterOf.emplace(weight, found->second);
    }
    for (const LoraPair& pair : pairs) {
      const auto reads = [&](const PassWeight& weight) { return weight.name == parameters[pair.a].name; };
      firstOps.push_back(std::ranges::find_if(weights, reads)->uses.front().op);
    }
  }

  void prepare() {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      std::ranges::copy(parameters[i].values, computed[i]->begin());
      if (settings.isBf16) quant::roundTo(quant::ComputeType::Bf16, *computed[i]);
    }
  }
};

LoraModel::LoraModel(const model::Graph& base, const LoraSettings& settings) : m_impl(std::make_unique<Impl>()) {
  check(settings);
  m_impl->settings = settings;
  m_impl->scale = static_cast<float>(settings.alpha / settings.rank);
  m_impl->addPairs(base);
  m_impl->findWeights();
  m_impl->prepare();
}

LoraModel::~LoraModel() = default;

const model::Graph& LoraModel::graph() const { return m_impl->graph; }
const std::vector<PassWeight>& LoraModel::weights() const { return m_impl->weights; }
std::span<const WeightId> LoraModel::wanted() const { return m_impl->wanted; }
std::span<Parameter> LoraModel::parameters() { return m_impl->parameters; }
std::span<const LoraPair> LoraModel::pairs() const { return m_impl->pairs; }
const LoraSettings& LoraModel::settings() const { return m_impl->settings; }

void LoraModel::prepare(const JobContext& job) {
  job.throwIfCancelled();
  m_impl->prepare();
}

void LoraModel::add(const WeightGradient<float>& panel) {
  const std::size_t index = m_impl->parameterOf.at(panel.weight);
  Parameter& parameter = m_impl->parameters[index];
  const std::size_t width = m_impl->weights[panel.weight].width;
  const bool isSecond = index % 2 == 1;  // B is computed with as scale · B
  const float factor = isSecond ? m_impl->scale : 1.0F;
  float* const sums = parameter.gradient.data() + panel.firstRow * width;
  for (std::size_t i = 0; i < panel.gradient.size(); ++i) sums[i] += factor * panel.gradient[i];
}

std::vector<Dropout> LoraModel::dropouts(std::uint64_t seed) const {
  std::vector<Dropout> dropouts;
  if (m_impl->settings.dropout == 0.0) return dropouts;
  for (std::size_t i = 0; i < m_impl->firstOps.size(); ++i)
    dropouts.push_back({{m_impl->firstOps[i], 0}, m_impl->settings.dropout, seed + i});
  return dropouts;
}

}  // namespace core::train
