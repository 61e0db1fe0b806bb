#include "app/session/llama_shape.h"

#include <fmt/format.h>

#include <string_view>

#include "core/model/recipe/recipe_plan.h"
#include "core/quant/stored_size.h"

namespace app {

using core::tensor::DType;
using core::tensor::Shape;

std::vector<core::io::TensorInfo> LlamaShape::tensors() const {
  std::vector<core::io::TensorInfo> result;
  const auto add = [&result](std::string name, Shape shape) {
    result.push_back({std::move(name), shape.rank() > 1 ? DType::F16 : DType::F32, std::move(shape), 0, 0, 0});
  };
  const std::uint64_t queryWidth = heads * headSize, keyWidth = keyHeads * headSize;
  add("token_embd.weight", {vocabulary, width});
  add("output_norm.weight", {width});
  if (ends == Ends::Separate) add("output.weight", {vocabulary, width});
  for (std::uint32_t block = 0; block < blocks; ++block) {
    const auto inBlock = [&](std::string_view name, Shape shape) {
      add(fmt::format("blk.{}.{}.weight", block, name), std::move(shape));
    };
    inBlock("attn_norm", {width});
    inBlock("attn_q", {queryWidth, width});
    for (const char* name : {"attn_k", "attn_v"}) inBlock(name, {keyWidth, width});
    inBlock("attn_output", {width, queryWidth});
    inBlock("ffn_norm", {width});
    for (const char* name : {"ffn_gate", "ffn_up"}) inBlock(name, {hidden, width});
    inBlock("ffn_down", {width, hidden});
  }
  return result;
}

double LlamaShape::parameters() const {
  double count = 0;
  for (const auto& tensor : tensors()) count += static_cast<double>(tensor.shape.count());
  return count;
}

core::model::MixtureModel LlamaShape::mixtureModel() const {
  return {"llama", blocks, heads, keyHeads, 0, core::model::ImportanceData::None};
}

double LlamaShape::bytesUnder(const core::model::Recipe& recipe) const {
  const auto all = tensors();
  const auto plan = core::model::planRecipe(recipe, mixtureModel(), all, core::io::FileFormat::Gguf);
  double bytes = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& scheme = plan.tensors[i].scheme;
    bytes += static_cast<double>(scheme ? core::quant::storedSize(*scheme, all[i].shape).bytes()
                                        : *core::tensor::storageBytes(all[i].dtype, all[i].shape));
  }
  return bytes;
}

}  // namespace app
