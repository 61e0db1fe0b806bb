#include "app/session/copy_as.h"

#include <algorithm>
#include <array>

#include "app/session/copy_as_targets.h"
#include "core/io/text_checks.h"
#include "core/model/recipe/other_model.h"

namespace app {

namespace {

constexpr std::array kTargets = {
    CopyTargetInfo{CopyTarget::BitsAndBytes, "bitsandbytes", "transformers: BitsAndBytesConfig"},
    CopyTargetInfo{CopyTarget::Gptq, "gptq", "transformers: GPTQConfig"},
    CopyTargetInfo{CopyTarget::GptqModel, "gptqmodel", "GPTQModel: QuantizeConfig"},
    CopyTargetInfo{CopyTarget::Awq, "awq", "AutoAWQ: quant_config"},
    CopyTargetInfo{CopyTarget::LlmCompressor, "llm-compressor", "llm-compressor: recipe (compressed-tensors)"},
    CopyTargetInfo{CopyTarget::Hqq, "hqq", "transformers: HqqConfig"},
    CopyTargetInfo{CopyTarget::LlamaQuantize, "llama-quantize", "llama.cpp: llama-quantize"},
    CopyTargetInfo{CopyTarget::Ollama, "ollama", "Ollama: ollama create"},
    CopyTargetInfo{CopyTarget::Vllm, "vllm", "vLLM: vllm serve"},
    CopyTargetInfo{CopyTarget::Torch, "torch", "transformers: dtype"},
};

constexpr bool isInEnumerationOrder() {
  for (std::size_t i = 0; i < kTargets.size(); ++i)
    if (static_cast<std::size_t>(kTargets[i].target) != i) return false;
  return kTargets.size() == static_cast<std::size_t>(CopyTarget::Torch) + 1;
}
static_assert(isInEnumerationOrder(), "info() indexes the table by the enumeration");

Copied ofScheme(const core::quant::Scheme& scheme, CopyTarget target) {
  switch (target) {
    case CopyTarget::BitsAndBytes:
      return copy_as::bitsAndBytes(scheme);
    case CopyTarget::Gptq:
      return copy_as::gptq(scheme);
    case CopyTarget::GptqModel:
      return copy_as::gptqModel(scheme);
    case CopyTarget::Awq:
      return copy_as::awq(scheme);
    case CopyTarget::LlmCompressor:
      return copy_as::llmCompressor(scheme);
    case CopyTarget::Hqq:
      return copy_as::hqq(scheme);
    case CopyTarget::LlamaQuantize:
      return copy_as::llamaQuantize(scheme);
    case CopyTarget::Ollama:
      return copy_as::ollama(scheme);
    case CopyTarget::Vllm:
      return copy_as::vllm(scheme);
    case CopyTarget::Torch:
      return copy_as::torch(scheme);
  }
  return copy_as::impossible(target, {});
}

}  // namespace

std::string Copied::withNotes() const {
  std::string all = text;
  for (const std::string& note : notes) all += "# " + note + '\n';
  return all;
}

std::span<const CopyTargetInfo> copyTargets() { return kTargets; }

const CopyTargetInfo& info(CopyTarget target) { return kTargets[static_cast<std::size_t>(target)]; }

const CopyTargetInfo* findCopyTarget(std::string_view id) {
  const auto found = std::ranges::find(kTargets, id, &CopyTargetInfo::id);
  return found == kTargets.end() ? nullptr : &*found;
}

Copied copyAs(const core::model::Recipe& recipe, CopyTarget target) {
  if (recipe.adapter)
    return copy_as::impossible(
        target, "An adapter is added to it, which is there already: " + core::io::inQuotes(recipe.adapter->source()) +
                    " is loaded beside the model.");
  if (const auto* const other = recipe.otherModel(); other != nullptr && other->adapter() != nullptr)
    return copy_as::impossible(target, "It is an adapter that is there already: " +
                                           core::io::inQuotes(other->source()) + " is loaded beside the model.");
  if (const auto* const other = recipe.otherModel())
    return copy_as::impossible(
        target, "It is a model that is there already: " + core::io::inQuotes(other->source()) + " is opened as it is.");
  if (recipe.keepsEverything()) return copy_as::impossible(target, "It changes nothing.");
  if (const core::quant::Scheme* const scheme = recipe.asScheme()) return ofScheme(*scheme, target);
  switch (target) {
    case CopyTarget::LlamaQuantize:
      return copy_as::llamaQuantize(recipe);
    case CopyTarget::Ollama:
      return copy_as::ollama(recipe);
    case CopyTarget::Vllm:
      return copy_as::vllmOfGguf(recipe);
    default:
      return copy_as::impossible(target, "One configuration is for all matrices alike; a recipe gives each its own.");
  }
}

std::vector<Copied> copyAs(const core::model::Recipe& recipe) {
  std::vector<Copied> all;
  for (const CopyTargetInfo& target : kTargets) all.push_back(copyAs(recipe, target.target));
  return all;
}

}  // namespace app
