#include "core/model/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/product_scale.h"
#include "core/model/recipe/adapted_matrix.h"
#include "core/model/visit_weights.h"
#include "core/model/weight_requests.h"
#include "core/quant/block_integers.h"
#include "core/quant/load_tensor.h"
#include "core/quant/methods/folded_columns.h"
#include "core/quant/stacked_tensors.h"

namespace core::model {

namespace {

using quant::QuantizedTensorPtr;

QuantizedTensorPtr scaled(QuantizedTensorPtr tensor, float scale) {
  if (scale == 1.0F) return tensor;
  auto result = std::make_shared<quant::QuantizedTensor>(*tensor);
  result->factor = scale;
  return result;
}

/// A small weight as a graph has it, in float32: with something added, without a middle side.
QuantizedTensorPtr asComputed(const quant::QuantizedTensor& tensor, float offset, bool isLogarithm) {
  auto values = std::make_shared<std::vector<float>>(quant::dequantize(tensor));
  for (float& value : *values) value = (isLogarithm ? -std::exp(value) : value) + offset;
  auto result = std::make_shared<quant::QuantizedTensor>();
  result->name = tensor.name;
  result->shape = tensor.shape;
  if (tensor.shape.rank() == 3 && tensor.shape[1] == 1) result->shape = {tensor.shape[0], tensor.shape[2]};
  result->layout = quant::Elements{tensor::DType::F32};
  result->payload = std::as_bytes(std::span(*values));
  result->owner = std::move(values);
  return result;
}

/// Whether all of these are to have their columns multiplied by one scheme: a stack of them has one set of factors.
bool shareFactors(const io::Checkpoint& checkpoint, const RecipePlan& plan, const std::vector<std::string>& names) {
  const auto decisionOf = [&](const std::string& name) -> const TensorDecision& {
    return plan.tensors[*checkpoint.find(name)].running();
  };
  const std::optional<quant::Scheme>& scheme = decisionOf(names.front()).scheme;
  return scheme && quant::multipliesColumns(*scheme) && std::ranges::all_of(names, [&](const std::string& name) {
           const TensorDecision& decision = decisionOf(name);
           return decision.scheme == scheme && !decision.replacement && !decision.other;
         });
}

}  // namespace

std::uint64_t ModelWeights::bytes() const {
  std::set<const quant::QuantizedTensor*> seen;
  std::uint64_t total = 0;
  const auto count = [&](const QuantizedTensorPtr& tensor) {
    if (tensor && seen.insert(tensor.get()).second) total += tensor->bytes();
  };
  visitWeights(*this, count);
  if (const auto& factors = shared[WeightKind::RopeFactors]) total -= factors->bytes();  // a table is made of them
  for (const AdapterFactors& pair : adapters) {
    count(pair.a);
    count(pair.b);
  }
  return total;
}

WeightLibrary::WeightLibrary(std::shared_ptr<const io::Checkpoint> checkpoint)
    : m_checkpoint(std::move(checkpoint)), m_choices(chooseTensors(*m_checkpoint)) {}

ModelWeights WeightLibrary::load(const ModelConfig& config, const Recipe& recipe, const JobContext& job,
                                 quant::Calibration* calibration) {
  checkTensors(*m_checkpoint, config);
  const RecipePlan plan = planRecipe(recipe, *m_checkpoint);
  ModelWeights weights;
  std::vector<WeightRequest> requests = weightRequests(*m_checkpoint, config, weights);
  std::erase_if(requests, [&](const WeightRequest& request) { return !m_checkpoint->find(request.names().front()); });

  // One after the other: quantize() itself uses all cores, and this way only one decoded tensor is in memory.
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const WeightRequest& request = requests[i];
    const auto count = static_cast<double>(requests.size()), index = static_cast<double>(i);
    const JobContext part = job.part(index / count, (index + 1) / count);
    part.progress(0.0, "Preparing weights");
    *request.target = request.form == FolderForm::EachExpert ? stack(request, plan, part, calibration)
                                                             : single(request, request.name, plan, part, calibration);
  }
  for (const TensorDecision& decision : plan.tensors)
    if (&decision.running() != &decision) weights.adapters.push_back(factorsOf(*decision.other->adapted));
  auto& output = weights.shared[WeightKind::Output];
  if (!output) output = weights.shared[WeightKind::Embedding];
  return weights;
}

WeightLibrary::Change WeightLibrary::changeOf(const WeightRequest& request, const std::string& name,
                                              const TensorDecision& decision) const {
  const bool takesScale = request.takesScale() && !decision.other;  // which has its own
  const bool isOther = decision.other && !decision.other->adapted;
  const io::Checkpoint& from = isOther ? *decision.other->model->checkpoint() : *m_checkpoint;
  const bool isFolder = from.format() != io::FileFormat::Gguf;
  return {takesScale ? productScale(*m_checkpoint, name).value_or(1.0F) : 1.0F, isFolder ? request.folderOffset : 0.0F,
          isFolder && request.isLogarithm, request.form == FolderForm::WithMiddle};
}

quant::QuantizedTensorPtr WeightLibrary::single(const WeightRequest& request, const std::string& name,
                                                const RecipePlan& plan, const JobContext& job,
                                                quant::Calibration* calibration) {
  const std::size_t stored = *m_checkpoint->find(name);
  const TensorDecision& decision = plan.tensors[stored].running();
  return tensor(stored, decision, changeOf(request, name, decision), job, calibration);
}

quant::QuantizedTensorPtr WeightLibrary::stack(const WeightRequest& request, const RecipePlan& plan,
                                               const JobContext& job, quant::Calibration* calibration) {
  const std::vector<std::string> names = request.names();
  std::string key;
  for (const std::string& name : names) {
    const std::size_t stored = *m_checkpoint->find(name);
    const TensorDecision& decision = plan.tensors[stored].running();
    key += keyOf(stored, decision, calibration) + '\n';
  }
  const bool isOwn = std::ranges::none_of(names, [&](const std::string& name) {
    return plan.tensors[*m_checkpoint->find(name)].running().replacement != nullptr;
  });
  if (isOwn) {
    const std::lock_guard lock(m_mutex);
    if (auto known = m_cache[key].lock()) return known;
  }
  const bool isOne = shareFactors(*m_checkpoint, plan, names);
  std::vector<quant::QuantizedTensorPtr> matrices;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto count = static_cast<double>(names.size()), index = static_cast<double>(i);
    const JobContext part = job.part(index / count, (index + 1) / count);
    matrices.push_back(isOne ? quant::loadTensor(*m_checkpoint, *m_checkpoint->find(names[i]))
                             : single(request, names[i], plan, part, calibration));
  }
  quant::QuantizedTensorPtr made = quant::stacked(request.name, matrices);
  const TensorDecision& first = plan.tensors[*m_checkpoint->find(names.front())].running();
  if (isOne) made = makeTensor(first, made, job, calibration);
  if (first.scheme && first.scheme->activations.name != quant::ActivationName::None && !made->input)
    throw Error(
        ErrorCode::Unsupported,
        fmt::format("The experts in {} are tensors of their own that are quantized in several ways, so that their "
                    "inputs cannot be quantized alike.",
                    io::inQuotes(request.name)),
        request.name);
  if (!isOwn) return made;
  const std::lock_guard lock(m_mutex);
  m_cache[key] = made;
  return made;
}

std::string WeightLibrary::keyOf(std::size_t index, const TensorDecision& decision,
                                 quant::Calibration* calibration) const {
  const io::TensorInfo& info = m_checkpoint->tensors()[index];
  std::string key = info.name;
  if (decision.scheme && !leavesAsStored(*decision.scheme, quant::elementType(info)))
    key += '\n' + decision.scheme->toString();
  if (decision.other) key += '\n' + decision.other->model->identity();
  if (calibration != nullptr && decision.scheme &&
      quant::calibrationNeed(*decision.scheme) != quant::CalibrationNeed::None)
    key += '\n' + calibration->identity();
  return key;
}

quant::QuantizedTensorPtr WeightLibrary::tensor(std::size_t index, const TensorDecision& decision, const Change& change,
                                                const JobContext& job, quant::Calibration* calibration) {
  if (decision.replacement) return makeTensor(decision, quant::loadTensor(*m_checkpoint, index), job, calibration);
  const std::string key = keyOf(index, decision, calibration);
  {
    const std::lock_guard lock(m_mutex);
    if (auto known = m_cache[key].lock()) return known;
  }
  // Outside the lock: quantizing takes long, as does assembling, and other tensors may be loaded meanwhile.
  const quant::QuantizedTensorPtr stored = quant::loadTensor(*m_checkpoint, index);
  QuantizedTensorPtr made = scaled(quant::asIntegers(makeTensor(decision, stored, job, calibration)), change.scale);
  if (change.offset != 0.0F || change.isLogarithm || change.hasMiddle)
    made = asComputed(*made, change.offset, change.isLogarithm);
  const std::lock_guard lock(m_mutex);
  std::weak_ptr<const quant::QuantizedTensor>& entry = m_cache[key];
  if (auto known = entry.lock()) return known;  // another thread was faster: everybody shares its object
  entry = made;
  return made;
}

}  // namespace core::model
