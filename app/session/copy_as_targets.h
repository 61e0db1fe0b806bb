#pragma once
#include "app/session/copy_as.h"
#include "core/quant/scheme.h"

// What copy_as is made of: one function per target.
namespace app::copy_as {

/// There is no way to say it.
Copied impossible(CopyTarget target, std::string why);

Copied bitsAndBytes(const core::quant::Scheme& scheme);
Copied gptq(const core::quant::Scheme& scheme);
Copied gptqModel(const core::quant::Scheme& scheme);
Copied awq(const core::quant::Scheme& scheme);
Copied llmCompressor(const core::quant::Scheme& scheme);
Copied hqq(const core::quant::Scheme& scheme);
Copied torch(const core::quant::Scheme& scheme);
Copied vllm(const core::quant::Scheme& scheme);

// Of whole recipes: files for llama.cpp.
Copied llamaQuantize(const core::model::Recipe& recipe);
Copied ollama(const core::model::Recipe& recipe);
Copied vllmOfGguf(const core::model::Recipe& recipe);

// What several of them ask of a scheme.

/// Its values are each rounded for itself within the range: no method that others would have to have.
bool isRounded(const core::quant::Scheme& scheme);
bool hasActivations(const core::quant::Scheme& scheme);
/// Weights of a group along the row: −1 for a whole row, as these programs write it; 0: not such a grouping.
int groupSizeOf(const core::quant::Scheme& scheme);
/// "4-bit groups of 128": for reasons.
std::string describeGroups(const core::quant::Scheme& scheme);

}  // namespace app::copy_as
