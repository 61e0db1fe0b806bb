#include "core/model/weight_requests.h"

#include <fmt/format.h>

#include <unordered_set>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/io/towers.h"
#include "core/model/architectures/architecture.h"
#include "core/model/decoder_tensors.h"
#include "core/model/product_scale.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace core::model {

namespace {

using quant::QuantizedTensorPtr;

/// The towers of vision and audio, which a folder or a merged GGUF file may carry, feed on what is no text.
bool isOfAnotherInput(const io::Checkpoint& checkpoint, std::string_view name) {
  if (checkpoint.format() == io::FileFormat::Gguf)
    return name.starts_with("v.") || name.starts_with("a.") || name.starts_with("mm.");
  return io::hasTowers(checkpoint.metadata()) && io::isOfTower(name);
}

void refuseUnasked(const io::Checkpoint& checkpoint, const std::unordered_set<std::string>& asked) {
  const io::TensorInfo* first = nullptr;
  std::size_t count = 0;
  for (const io::TensorInfo& tensor : checkpoint.tensors()) {
    if (asked.contains(tensor.name) || !tensor.pieceOf.empty() || isOfAnotherInput(checkpoint, tensor.name) ||
        isWithoutEffect(checkpoint, tensor))
      continue;
    if (first == nullptr) first = &tensor;
    ++count;
  }
  if (first == nullptr) return;
  const std::string others = count == 1 ? "" : fmt::format(" and {} more", count - 1);
  throw Error(ErrorCode::Unsupported,
              fmt::format("{} has the tensor {}{}, which models that can chat here do not have: it opens for "
                          "inspection, but cannot chat yet.",
                          checkpoint.name(), io::inQuotes(first->name), others),
              first->name);
}

}  // namespace

std::vector<WeightRequest> weightRequests(const io::Checkpoint& checkpoint, const ModelConfig& config,
                                          ModelWeights& weights) {
  weights.blocks.resize(config.layers);
  std::vector<WeightRequest> requests;
  const auto add = [&](QuantizedTensorPtr& target, const WeightRow& row, std::string ggufName) {
    requests.push_back({&target, decoderTensor(checkpoint, ggufName), row.shape(config), row.isRequired,
                        row.folderOffset, row.kind != WeightKind::Embedding});
  };
  const Architecture& architecture = *findArchitecture(checkpoint);
  for (const WeightRow& row : architecture.weights) {
    if (row.isOfBlock() || (row.kind == WeightKind::Output && !hasOwnOutput(checkpoint))) continue;
    add(weights.shared[row.kind], row, std::string(row.gguf));
  }
  for (std::uint32_t layer = 0; layer < config.layers; ++layer)
    for (const WeightRow& row : architecture.weights)
      if (row.isOfBlock()) add(weights.blocks[layer][row.kind], row, fmt::format("blk.{}.{}", layer, row.gguf));
  return requests;
}

void checkTensors(const io::Checkpoint& checkpoint, const ModelConfig& config) {
  ModelWeights weights;
  const std::vector<WeightRequest> requests = weightRequests(checkpoint, config, weights);
  std::unordered_set<std::string> asked;
  for (const WeightRequest& request : requests) {
    asked.insert(request.name);
    if (!request.takesScale() || checkpoint.format() != io::FileFormat::Gguf || !checkpoint.find(request.name))
      continue;
    const auto [scale, inputScale] = productScaleNames(request.name);
    asked.insert({scale, inputScale});
    static_cast<void>(productScale(checkpoint, request.name));  // throws for one that is no number
  }
  refuseUnasked(checkpoint, asked);
  for (const WeightRequest& request : requests) {
    const auto index = checkpoint.find(request.name);
    if (!index && request.required) {
      throw Error(ErrorCode::Unsupported,
                  fmt::format("{} has no tensor {}, which every model that can chat here has: it opens for inspection, "
                              "but cannot chat yet.",
                              checkpoint.name(), request.name),
                  request.name);
    }
    if (!index) continue;
    const io::TensorInfo& weight = checkpoint.tensors()[*index];
    if (!quant::isLoadable(weight)) static_cast<void>(quant::loadTensor(checkpoint, *index));  // which says why
    if (weight.shape == request.shape) continue;
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{} should have the shape {}, but has {}.", request.name, request.shape.toString(),
                            weight.shape.toString()),
                request.name);
  }
}

}  // namespace core::model
