#include "core/model/planned_weights.h"

#include <algorithm>
#include <set>

#include "core/model/recipe/adapted_matrix.h"
#include "core/quant/hollow_tensors.h"
#include "core/quant/load_tensor.h"
#include "core/tensor/dtype.h"

namespace core::model {

namespace {

/// Calls visit(tensor, operation that reads it first) for every distinct one.
template <typename Visit>
void visitWeights(const Graph& graph, const Visit& visit) {
  std::set<const quant::QuantizedTensor*> seen;
  const auto once = [&](const quant::QuantizedTensorPtr& tensor, const Op& op) {
    if (tensor && seen.insert(tensor.get()).second) visit(*tensor, op);
  };
  for (const Op& op : graph.ops) {
    if (const auto* weight = op.weight()) once(*weight, op);
    if (const auto* vector = op.vector()) once(*vector, op);
  }
}

std::string typeOf(const quant::QuantizedTensor& tensor) {
  if (tensor.scheme) return tensor.scheme->toString();
  return tensor.dtype() ? std::string(tensor::name(*tensor.dtype())) : "packed";
}

}  // namespace

ModelWeights planWeights(WeightLibrary& library, const ModelConfig& config, const Recipe& recipe,
                         const JobContext& job) {
  const io::Checkpoint& checkpoint = *library.checkpoint();
  const RecipePlan plan = planRecipe(recipe, checkpoint);
  Recipe hollow;
  std::vector<AdapterFactors> adapters;  // which nothing stands beside that is replaced
  quant::HollowTensors tensors;
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const TensorDecision& decision = plan.tensors[i].running();
    const io::TensorInfo& info = checkpoint.tensors()[i];
    job.throwIfCancelled();
    if (&decision != &plan.tensors[i]) adapters.push_back(factorsOf(*plan.tensors[i].other->adapted));
    if (decision.replacement) {
      hollow.replacements[info.name] = decision.replacement;
    } else if (decision.other && decision.other->adapted) {
      hollow.replacements[info.name] =
          quant::HollowTensors::stored(info.name, decision.other->adapted->type(), info.shape);
    } else if (decision.other) {
      hollow.replacements[info.name] = loadOther(*decision.other);
    } else if (decision.scheme && !leavesAsStored(*decision.scheme, quant::elementType(info))) {
      hollow.replacements[info.name] = tensors.quantized(info.name, *decision.scheme, info.shape);
    }
  }
  ModelWeights weights = library.load(config, hollow, job);
  weights.adapters = std::move(adapters);
  return weights;
}

std::vector<TypeBytes> bytesByType(const Graph& graph) {
  std::vector<TypeBytes> types;
  visitWeights(graph, [&](const quant::QuantizedTensor& tensor, const Op& /*op*/) {
    const std::string type = typeOf(tensor);
    auto found = std::ranges::find(types, type, &TypeBytes::type);
    if (found == types.end()) found = types.insert(types.end(), {type});
    ++found->tensors;
    found->weights += tensor.shape.count();
    found->bytes += quant::plannedBytes(tensor);
  });
  std::ranges::stable_sort(types, std::ranges::greater(), &TypeBytes::bytes);
  return types;
}

std::uint64_t plannedWeightBytes(const Graph& graph) {
  std::uint64_t bytes = 0;
  visitWeights(graph,
               [&](const quant::QuantizedTensor& tensor, const Op& /*op*/) { bytes += quant::plannedBytes(tensor); });
  return bytes;
}

}  // namespace core::model
