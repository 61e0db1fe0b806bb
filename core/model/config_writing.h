#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/config_writer.h"

namespace core::model {

/// What a file of a format calls the model's architecture: "llama" is "mistral" in a folder where it has a window.
std::string_view architectureName(const ModelConfig& config, io::FileFormat format);

/// The hyper-parameters in the words of a format, as its readers (and llama.cpp or transformers) understand them; the
/// architecture's name is not among them. Frequencies that a tensor of factors tells are left out.
ConfigWriter describeConfig(const ModelConfig& config, io::FileFormat format);

/// The config as readers of such a file see it: what tensors say is not in it.
/// @pre findUnsaid() finds nothing
ModelConfig asRead(const ModelConfig& config, io::FileFormat format);

/// Says in a folder's words which weights a GGUF file has (Architecture::folderPresence).
/// @throws Error (Unsupported) where some layers have them and some have not
void describePresence(const io::Checkpoint& source, const ModelConfig& config, ConfigWriter& writer);

/// What a file of a format has no words for, as files of the other format say it: "config.query_pre_attn_scalar is
/// 100". Found by reading what would be written. Nothing when all of it is said.
std::optional<std::string> findUnsaid(const ModelConfig& config, io::FileFormat format);

}  // namespace core::model
