#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/session/writing_plan.h"
#include "core/text/vocabulary_data.h"

namespace app {

/// A file beside the weights.
struct FolderFile {
  std::string name;
  std::string contents;
};

/// The files beside the weights of a folder.
/// From a folder, the files that lie beside the source's weights, byte for byte, but for config.json, which keeps every
/// key: its "quantization_config" is the new one or none, and its dtype that of the new plain weights.
/// From a GGUF file, config.json and generation_config.json from the model's measures (of an encoder instead of the
/// latter modules.json, sentence_bert_config.json and 1_Pooling/config.json) and tokenizer.json and
/// tokenizer_config.json from its vocabulary (tokenizer_files).
/// @throws core::Error (InvalidFile, Unsupported) with one sentence
std::vector<FolderFile> folderFiles(const core::io::Checkpoint& source, WritingPlan& plan,
                                    const std::vector<QuantizedFileRow>& rows);

}  // namespace app
