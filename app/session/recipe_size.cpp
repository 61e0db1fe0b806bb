#include "app/session/recipe_size.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "core/quant/format.h"
#include "core/quant/stored_size.h"

namespace app {

namespace {

using core::io::TensorInfo;
using core::tensor::DType;
using core::tensor::Shape;

constexpr std::uint32_t kBlocks = 32, kHeads = 32;
constexpr std::uint64_t kWidth = 4096, kHidden = 11008, kVocabulary = 32000;

std::vector<TensorInfo> typicalTensors() {
  std::vector<TensorInfo> tensors;
  const auto add = [&tensors](std::string name, Shape shape) {
    tensors.push_back({std::move(name), shape.rank() > 1 ? DType::F16 : DType::F32, std::move(shape), 0, 0, 0});
  };
  add("token_embd.weight", {kVocabulary, kWidth});
  add("output_norm.weight", {kWidth});
  add("output.weight", {kVocabulary, kWidth});
  for (std::uint32_t block = 0; block < kBlocks; ++block) {
    const auto inBlock = [&](std::string_view name, Shape shape) {
      add(fmt::format("blk.{}.{}.weight", block, name), std::move(shape));
    };
    inBlock("attn_norm", {kWidth});
    for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output"}) inBlock(name, {kWidth, kWidth});
    inBlock("ffn_norm", {kWidth});
    for (const char* name : {"ffn_gate", "ffn_up"}) inBlock(name, {kHidden, kWidth});
    inBlock("ffn_down", {kWidth, kHidden});
  }
  return tensors;
}

}  // namespace

RecipeSize sizeUnder(const core::io::Checkpoint& checkpoint, const core::model::Recipe& recipe) {
  const auto plan = core::model::planRecipe(recipe, checkpoint);
  const double weights = static_cast<double>(checkpoint.parameters());
  RecipeSize size;
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const auto& decision = plan.tensors[i];
    const auto& tensor = checkpoint.tensors()[i];
    if (decision.fate() == core::model::Fate::Quantize) {
      size.bytes += decision.scheme ? core::quant::storedSize(decision.scheme->format, tensor.shape).bytes()
                                    : decision.replacement->bytes();
      ++size.quantized;
    } else {
      size.keptBytes += tensor.bytes;
    }
  }
  size.bytes += size.keptBytes;
  if (weights > 0) size.bitsPerWeight = 8 * static_cast<double>(size.bytes) / weights;
  return size;
}

double typicalBitsPerWeight(const core::model::Recipe& recipe) {
  static const std::vector<TensorInfo> tensors = typicalTensors();
  const core::model::MixtureModel model{"llama", kBlocks, kHeads, kHeads, 0, core::model::ImportanceData::None};
  const auto plan = core::model::planRecipe(recipe, model, tensors, core::io::FileFormat::Gguf);
  double bytes = 0, weights = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& scheme = plan.tensors[i].scheme;
    weights += static_cast<double>(tensors[i].shape.count());
    bytes += static_cast<double>(scheme ? core::quant::storedSize(scheme->format, tensors[i].shape).bytes()
                                        : *core::tensor::storageBytes(tensors[i].dtype, tensors[i].shape));
  }
  return 8 * bytes / weights;
}

}  // namespace app
