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

void refuseUnasked(const io::Checkpoint& checkpoint, const ModelConfig& config,
                   const std::unordered_set<std::string>& asked) {
  const auto ignores = [&](const std::string& name) {
    return config.architecture->ignores != nullptr && config.architecture->ignores(config, checkpoint.format(), name);
  };
  const io::TensorInfo* first = nullptr;
  std::size_t count = 0;
  for (const io::TensorInfo& tensor : checkpoint.tensors()) {
    if (asked.contains(tensor.name) || !tensor.pieceOf.empty() || isOfAnotherInput(checkpoint, tensor.name) ||
        isWithoutEffect(checkpoint, tensor) || ignores(tensor.name))
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

void checkTensor(const io::Checkpoint& checkpoint, const WeightRequest& request, const std::string& name) {
  const auto index = checkpoint.find(name);
  if (!index && request.required) {
    throw Error(ErrorCode::Unsupported,
                fmt::format("{} has no tensor {}, which every model that can chat here has: it opens for inspection, "
                            "but cannot chat yet.",
                            checkpoint.name(), name),
                name);
  }
  if (!index) return;
  const io::TensorInfo& weight = checkpoint.tensors()[*index];
  if (!quant::isLoadable(weight)) static_cast<void>(quant::loadTensor(checkpoint, *index));  // which says why
  const tensor::Shape wanted = request.listedShape();
  if (weight.shape == wanted) return;
  throw Error(ErrorCode::InvalidFile,
              fmt::format("{} should have the shape {}, but has {}.", name, wanted.toString(), weight.shape.toString()),
              name);
}

}  // namespace

std::vector<WeightRequest> weightRequests(const io::Checkpoint& checkpoint, const ModelConfig& config,
                                          ModelWeights& weights) {
  weights.blocks.resize(config.layers);
  std::vector<WeightRequest> requests;
  const bool isFolder = checkpoint.format() != io::FileFormat::Gguf;
  const Architecture& architecture = *findArchitecture(checkpoint);
  const auto add = [&](QuantizedTensorPtr& target, const WeightRow& row, std::string_view blocks, std::uint32_t layer) {
    const std::string_view own = row.nameIn(checkpoint.format());
    if (own.empty()) return;
    std::string name = fmt::format("{}{}", blocks, own);
    if (isFolder) name = storedName(checkpoint, std::move(name));
    const bool isTable = row.kind == WeightKind::Embedding || row.kind == WeightKind::PerLayerEmbedding;
    WeightRequest request{&target,        std::move(name),  row.shape(config, layer),
                          row.isRequired, row.folderOffset, !isTable};
    if (isFolder) request.form = row.form;
    request.isLogarithm = row.isLogarithm;
    requests.push_back(std::move(request));
  };
  for (const WeightRow& row : architecture.weights) {
    const bool isLeftOut = row.kind == WeightKind::Output && !hasOwnOutput(checkpoint);
    if (row.isOfBlock() || isLeftOut || !row.isIn(config, 0)) continue;
    add(weights.shared[row.kind], row, "", 0);
  }
  const std::string_view blocks = isFolder ? architecture.folderBlocks : "blk.";
  for (std::uint32_t layer = 0; layer < config.layers; ++layer)
    for (const WeightRow& row : architecture.weights)
      if (row.isOfBlock() && row.isIn(config, layer))
        add(weights.blocks[layer][row.kind], row, fmt::format("{}{}.", blocks, layer), layer);
  return requests;
}

void checkTensors(const io::Checkpoint& checkpoint, const ModelConfig& config) {
  ModelWeights weights;
  const std::vector<WeightRequest> requests = weightRequests(checkpoint, config, weights);
  std::unordered_set<std::string> asked;
  for (const WeightRequest& request : requests) {
    for (std::string& name : request.names()) asked.insert(std::move(name));
    if (!request.takesScale() || checkpoint.format() != io::FileFormat::Gguf || !checkpoint.find(request.name))
      continue;
    const auto [scale, inputScale] = productScaleNames(request.name);
    asked.insert({scale, inputScale});
    static_cast<void>(productScale(checkpoint, request.name));  // throws for one that is no number
  }
  refuseUnasked(checkpoint, config, asked);
  for (const WeightRequest& request : requests)
    for (const std::string& name : request.names()) checkTensor(checkpoint, request, name);
}

std::vector<std::string> WeightRequest::names() const {
  const std::size_t star = form == FolderForm::EachExpert ? name.find('*') : std::string::npos;
  if (star == std::string::npos) return {name};
  std::vector<std::string> all;
  for (std::uint64_t expert = 0; expert < shape[0]; ++expert)
    all.push_back(fmt::format("{}{}{}", name.substr(0, star), expert, name.substr(star + 1)));
  return all;
}

tensor::Shape WeightRequest::listedShape() const {
  if (form == FolderForm::EachExpert) return {shape[1], shape[2]};
  if (form == FolderForm::WithMiddle) return {shape[0], 1, shape[1]};
  return shape;
}

}  // namespace core::model
