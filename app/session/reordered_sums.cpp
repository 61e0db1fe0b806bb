#include "app/session/reordered_sums.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

namespace app {

namespace {

using core::model::WeightKind;
using core::quant::QuantizedTensorPtr;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

/// Bytes of one value where a tensor is a plain array of them; 0 for blocks, codes and changed columns.
std::size_t valueBytes(const core::quant::QuantizedTensor& tensor) {
  using core::tensor::DType;
  const auto dtype = tensor.dtype();
  if (!dtype || tensor.changes || tensor.input) return 0;
  if (dtype == DType::F32) return 4;
  return dtype == DType::F16 || dtype == DType::BF16 ? 2 : 0;
}

/// The tensor with its units of so many bytes in reverse order within every `run` of them.
QuantizedTensorPtr reversed(const QuantizedTensorPtr& tensor, std::size_t unit, std::size_t run) {
  auto bytes = std::make_shared<std::vector<std::byte>>(tensor->payload.size());
  const std::size_t count = bytes->size() / unit;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = i - i % run + (run - 1 - i % run);
    std::memcpy(bytes->data() + i * unit, tensor->payload.data() + from * unit, unit);
  }
  auto result = std::make_shared<core::quant::QuantizedTensor>(*tensor);
  result->payload = *bytes;
  result->owner = std::move(bytes);
  return result;
}

}  // namespace

std::optional<core::model::Recipe> reorderedSums(const OpenModel& model, const core::JobContext& job) {
  const auto weights = model.weights().load(model.config(), {}, job);
  std::uint64_t bytes = 0;
  for (const auto& block : weights.blocks) {
    for (const auto& tensor : {block[WeightKind::Gate], block[WeightKind::Up], block[WeightKind::Down]}) {
      if (!tensor || valueBytes(*tensor) == 0) return std::nullopt;
      bytes += tensor->payload.size();
    }
  }
  if (bytes > kMostBytes) return std::nullopt;
  core::model::Recipe recipe;
  for (const auto& block : weights.blocks) {
    for (const auto& tensor : {block[WeightKind::Gate], block[WeightKind::Up]})
      recipe.replacements[tensor->name] = reversed(tensor, tensor->rowValues() * valueBytes(*tensor), tensor->rows());
    const auto& down = block[WeightKind::Down];
    recipe.replacements[down->name] = reversed(down, valueBytes(*down), down->rowValues());
  }
  return recipe;
}

}  // namespace app
