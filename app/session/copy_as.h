#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/recipe/recipe.h"

namespace app {

/// Where else a scheme can be asked for.
enum class CopyTarget : std::uint8_t {
  BitsAndBytes,   ///< transformers' BitsAndBytesConfig, or bitsandbytes itself
  Gptq,           ///< transformers' GPTQConfig
  GptqModel,      ///< GPTQModel's QuantizeConfig
  Awq,            ///< AutoAWQ's quant_config
  LlmCompressor,  ///< a recipe of llm-compressor, which writes compressed-tensors
  Hqq,            ///< transformers' HqqConfig
  LlamaQuantize,  ///< a command of llama.cpp
  Ollama,         ///< the command that makes a model of it
  Vllm,           ///< the flag of vllm serve
  Torch           ///< a dtype of torch
};

struct CopyTargetInfo {
  CopyTarget target;
  std::string_view id;     ///< for the command line: "llama-quantize"
  std::string_view title;  ///< for people
};

/// Every target, in the order of the enumeration.
std::span<const CopyTargetInfo> copyTargets();
const CopyTargetInfo& info(CopyTarget target);
/// Null when there is none of this id.
const CopyTargetInfo* findCopyTarget(std::string_view id);

/// What a person types elsewhere to get the same.
struct Copied {
  CopyTarget target = CopyTarget::Torch;
  std::string text;                ///< Python, or a command line; empty: it cannot be asked for there
  std::vector<std::string> notes;  ///< sentences: what the text does not say or says otherwise; why there is none

  bool isPossible() const { return !text.empty(); }
  /// The text with its notes behind it as comments ("# …"), which Python and a shell pass over.
  std::string withNotes() const;
};

/// Of a scheme or a recipe. Names of files and models in it are placeholders: MODEL, FOLDER, "model.gguf".
/// Sources, as they were published in November 2026: transformers (quantization_config.py), bitsandbytes
/// (functional.py), GPTQModel (quantization/config.py), AutoAWQ (README, models/base.py), compressed-tensors
/// (quant_scheme.py, quant_args.py) and llm-compressor's reference, hqq (core/quantize.py), llama.cpp
/// (tools/quantize), Ollama (docs/import), vLLM (docs/features/quantization).
Copied copyAs(const core::model::Recipe& recipe, CopyTarget target);
/// One per target.
std::vector<Copied> copyAs(const core::model::Recipe& recipe);

}  // namespace app
