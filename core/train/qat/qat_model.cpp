#include "core/train/qat/qat_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/visit_weights.h"
#include "core/quant/quantizer.h"
#include "core/train/decoded_weight.h"
#include "core/train/qat/learned_clips.h"
#include "core/train/qat/learned_steps.h"
#include "core/train/qat/learned_uniform.h"
#include "core/train/qat/qat_checks.h"
#include "core/train/qat/recoded_tensor.h"

namespace core::train {

namespace {

using quant::QuantizedTensor;
using quant::QuantizedTensorPtr;

/// The values that a trained tensor has now, as products take them.
class TrainedValues final : public WeightSource {
 public:
  TrainedValues(std::shared_ptr<const TrainedTensor> tensor, quant::ComputeType compute)
      : m_tensor(std::move(tensor)), m_compute(compute) {}

  void rows(std::uint64_t firstRow, std::span<float> values) const override {
    const std::uint64_t first = firstRow * m_tensor->shape().rowValues();
    std::ranges::copy(m_tensor->values().subspan(first, values.size()), values.begin());
    quant::roundTo(m_compute, values);
  }

 private:
  std::shared_ptr<const TrainedTensor> m_tensor;
  quant::ComputeType m_compute;
};

/// The type a tensor that has no scheme is stored as; nothing where it is not trained: blocks, codes, integers.
std::optional<tensor::DType> plainType(const QuantizedTensor& tensor) {
  using tensor::DType;
  const auto stored = tensor.changes ? std::nullopt : tensor.dtype();
  if (stored == DType::F64) return DType::F32;
  return stored == DType::F32 || stored == DType::F16 || stored == DType::BF16 ? stored : std::nullopt;
}

bool isInScope(QatScope scope, const QuantizedTensor& tensor) {
  if (scope == QatScope::Everything) return true;
  return scope == QatScope::MatricesAndNorms && tensor.shape.rank() == 1;
}

std::shared_ptr<TrainedTensor> makeTensor(const QuantizedTensor& stored, const quant::Scheme& scheme,
                                          const std::vector<float>& latent, const QatSettings& settings,
                                          const JobContext& job) {
  std::unique_ptr<LearnedRanges> ranges;
  if (settings.range == QatRange::Recomputed) return std::make_shared<RecodedTensor>(stored.name, stored.shape, scheme);
  if (settings.range == QatRange::LearnedStep) {
    const QuantizedTensorPtr first = quant::quantize(scheme, stored, job);
    ranges = std::make_unique<LearnedSteps>(stored.name, *first->as<quant::Uniform>(),
                                            groupSizes(scheme.format.grouping, stored.shape), settings.stepRateFactor);
  } else {
    ranges = std::make_unique<LearnedClips>(stored.name, scheme, stored.shape, latent, settings.stepRateFactor, job);
  }
  return std::make_shared<LearnedUniform>(stored.name, stored.shape, scheme, std::move(ranges));
}

}  // namespace

struct QatModel::Impl {
  /// A tensor and where its parameters are.
  struct Trained {
    std::shared_ptr<TrainedTensor> tensor;
    std::size_t first, count;
    bool isQuantized;
  };

  model::Graph graph;
  std::vector<PassWeight> weights;
  std::vector<WeightId> wanted;
  std::vector<std::size_t> trainedOf;  ///< of a weight: index into `trained`
  std::vector<Trained> trained;
  std::map<std::string, std::size_t> byName;
  std::vector<Parameter> parameters;

  std::span<Parameter> parametersOf(const Trained& one) { return std::span(parameters).subspan(one.first, one.count); }

  /// Makes a tensor of the model a trained one, if it is to be. @return what takes its place
  QuantizedTensorPtr train(const QuantizedTensorPtr& stored, const std::map<std::string, quant::Scheme>& schemes,
                           const QatSettings& settings, const JobContext& job) {
    const auto scheme = schemes.find(stored->name);
    const bool isQuantized = scheme != schemes.end();
    const auto type = plainType(*stored);
    if (!isQuantized && !(type && isInScope(settings.scope, *stored))) return stored;
    if (isQuantized) checkTrainable(scheme->second, settings.range, stored->name, stored->shape);
    std::vector<float> latent = quant::dequantize(*stored, job);
    checkFinite(latent, stored->rowValues(), stored->name);
    const std::shared_ptr<TrainedTensor> tensor =
        isQuantized ? makeTensor(*stored, scheme->second, latent, settings, job)
                    : std::make_shared<RecodedTensor>(stored->name, stored->shape, *type);
    std::vector<Parameter> own = tensor->parameters(std::move(latent));
    tensor->prepare(own, job);
    byName.emplace(stored->name, trained.size());
    trained.push_back({tensor, parameters.size(), own.size(), isQuantized});
    std::ranges::move(own, std::back_inserter(parameters));
    return tensor->tensor();
  }

  /// Lets the graph's weights read what is trained.
  void connect() {
    weights = weightsOf(graph);
    trainedOf.assign(weights.size(), 0);
    for (WeightId id = 0; id < weights.size(); ++id) {
      const auto found = byName.find(weights[id].name);
      if (found == byName.end()) continue;
      const auto& tensor = trained[found->second].tensor;
      const bool isMatrix =
          std::ranges::any_of(weights[id].uses, [](const WeightUse& use) { return use.role == WeightRole::Matrix; });
      weights[id].base =
          std::make_shared<TrainedValues>(tensor, isMatrix ? factorType(*tensor->tensor()) : quant::ComputeType::Fp32);
      trainedOf[id] = found->second;
      wanted.push_back(id);
    }
  }
};

QatModel::QatModel(const model::ModelConfig& config, const model::ModelWeights& weights,
                   const std::map<std::string, quant::Scheme>& schemes, const QatSettings& settings,
                   const JobContext& job)
    : m_impl(std::make_unique<Impl>()) {
  checkNames(weights, schemes);
  std::size_t count = 0, done = 0;
  model::visitWeights(weights, [&](const QuantizedTensorPtr&) { ++count; });
  std::map<QuantizedTensorPtr, QuantizedTensorPtr> made;
  model::ModelWeights own = weights;
  model::visitWeights(own, [&](QuantizedTensorPtr& tensor) {
    const double from = static_cast<double>(done++) / static_cast<double>(count);
    if (!tensor) return;
    const auto [entry, isNew] = made.emplace(tensor, nullptr);
    if (isNew)
      entry->second = m_impl->train(tensor, schemes, settings, job.part(from, from + 1.0 / static_cast<double>(count)));
    tensor = entry->second;
  });
  m_impl->graph = model::buildGraph(config, own);
  m_impl->connect();
}

QatModel::~QatModel() = default;

const model::Graph& QatModel::graph() const { return m_impl->graph; }
const std::vector<PassWeight>& QatModel::weights() const { return m_impl->weights; }
std::span<const WeightId> QatModel::wanted() const { return m_impl->wanted; }
std::span<Parameter> QatModel::parameters() { return m_impl->parameters; }

void QatModel::prepare(const JobContext& job) {
  const auto count = static_cast<double>(m_impl->trained.size());
  for (std::size_t i = 0; i < m_impl->trained.size(); ++i) {
    const Impl::Trained& one = m_impl->trained[i];
    one.tensor->prepare(m_impl->parametersOf(one),
                        job.part(static_cast<double>(i) / count, static_cast<double>(i + 1) / count));
  }
}

void QatModel::add(const WeightGradient<float>& panel) {
  const Impl::Trained& one = m_impl->trained[m_impl->trainedOf[panel.weight]];
  one.tensor->add(panel.firstRow, panel.gradient, m_impl->parametersOf(one));
}

std::map<std::string, QuantizedTensorPtr> QatModel::tensors() const {
  std::map<std::string, QuantizedTensorPtr> all;
  for (const Impl::Trained& one : m_impl->trained) all.emplace(one.tensor->name(), one.tensor->tensor());
  return all;
}

std::span<const float> QatModel::latent(const std::string& tensor) const {
  const auto found = m_impl->byName.find(tensor);
  if (found == m_impl->byName.end() || !m_impl->trained[found->second].isQuantized)
    throw Error(ErrorCode::NotFound, fmt::format("No matrix {} is quantized in this run.", io::inQuotes(tensor)),
                tensor);
  return m_impl->parameters[m_impl->trained[found->second].first].values;
}

}  // namespace core::train
