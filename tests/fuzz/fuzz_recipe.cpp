// A stranger's recipe, and every tensor of small models through it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/recipe_text.h"

namespace {

using namespace core;

io::TensorInfo tensorOf(std::string name, tensor::Shape shape) {
  return {std::move(name), tensor::DType::F16, std::move(shape), 0, 0, 0};
}

const std::vector<io::TensorInfo>& someTensors() {
  static const std::vector<io::TensorInfo> kTensors = {
      tensorOf("token_embd.weight", {512, 256}),          tensorOf("output_norm.weight", {256}),
      tensorOf("blk.0.attn_v.weight", {64, 256}),         tensorOf("blk.0.ffn_down.weight", {256, 100}),
      tensorOf("blk.1.ffn_down_exps.weight", {4, 8, 64}), tensorOf("model.layers.0.self_attn.q_proj.weight", {64, 256}),
  };
  return kTensors;
}

void plan(const model::Recipe& recipe, io::FileFormat format) {
  const auto& tensors = someTensors();
  const model::MixtureModel facts{"llama", 2, 8, 2, 4, model::ImportanceData::None};
  const auto result = model::planRecipe(recipe, facts, tensors, format);
  if (result.tensors.size() != tensors.size()) std::abort();
  for (const auto& decision : result.tensors) {
    // Every tensor is either made or kept with a reason, and what makes it is named.
    if (decision.scheme.has_value() == !decision.kept.empty()) std::abort();
    if (decision.scheme && (decision.rule.empty() || !decision.scheme->problem().empty())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const model::Recipe recipe = model::parseRecipe(text, "recipe.txt");
    plan(recipe, io::FileFormat::Gguf);
    plan(recipe, io::FileFormat::Safetensors);
    // What a rule says of itself is a rule again, and the same.
    for (const auto& rule : recipe.rules)
      if (model::parseRecipeRule(rule.toString()).toString() != rule.toString()) std::abort();
  } catch (const Error& error) {
    if (std::string_view(error.what()).empty()) std::abort();
  }
  return 0;
}
