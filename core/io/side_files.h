#pragma once
#include <filesystem>
#include <memory>

#include "core/io/config_json.h"
#include "core/io/stored_checkpoint.h"

namespace core::io {

/// Adds what the JSON files beside a safetensors model say to its metadata: config.json as "config.…" (and the
/// architecture), the quantization settings that older tools keep in a file of their own as
/// "config.quantization_config.…", a PEFT adapter_config.json as "adapter.…" (and the kind). Files for tokenizer, chat
/// template and generation are kept as they are (ParsedModel::sideFiles). A file that cannot be read adds nothing but a
/// warning.
/// @return what keeps the arrays in the metadata alive
std::shared_ptr<EncodedArrays> addSideFiles(const std::filesystem::path& folder, ParsedModel& model);

/// Adds the entries of `more` whose keys are not there yet.
void addMissing(Metadata& metadata, const Metadata& more);

}  // namespace core::io
