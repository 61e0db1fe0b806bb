#pragma once
#include <string>
#include <vector>

#include "app/session/writing_plan.h"
#include "core/io/gguf_writer.h"

namespace app {

/// Gives a GGUF file what llama.cpp wants to know of a model of a Hugging Face folder: its measures, its tokenizer, its
/// chat template, its name. The file type is whoever's who calls (describeQuantization).
/// Source: llama.cpp, convert_hf_to_gguf.py and gguf-py's constants.
/// @param notes gets a sentence for what cannot be carried over
/// @throws core::Error as core::text::vocabularyOf
void describeModel(const core::io::Checkpoint& source, const core::model::ModelConfig& config,
                   core::io::GgufWriter& writer, std::vector<std::string>& notes);

}  // namespace app
