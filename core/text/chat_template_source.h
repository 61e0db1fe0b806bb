#pragma once
#include <optional>
#include <string>

#include "core/io/checkpoint.h"

namespace core::text {

/// The Jinja text of a model's chat template: tokenizer.chat_template of a GGUF file; chat_template.jinja,
/// chat_template.json or the chat_template of tokenizer_config.json of a Hugging Face folder (of several the one called
/// "default"). Nothing when the model has none.
/// @throws Error (InvalidFile) for one that is no text
std::optional<std::string> chatTemplateOf(const io::Checkpoint& checkpoint);

}  // namespace core::text
