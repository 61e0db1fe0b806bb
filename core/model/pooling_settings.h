#pragma once
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/config_keys.h"

namespace core::model {

/// How a GGUF file wants rows of tokens pooled (pooling_type of llama.cpp); of all tokens where it is silent or
/// pools nothing by itself. @throws Error (Unsupported) for one that ranks pairs of texts
Pooling poolingOfFile(const ConfigKeys& keys);

/// The same of a folder (kPoolingFile of sentence-transformers). @throws Error (InvalidFile) for a file that
/// is no JSON object, (Unsupported) for a way that is none of these
Pooling poolingOfFolder(const io::Checkpoint& checkpoint);

/// What a GGUF file says for one.
std::uint32_t ggufNumber(Pooling pooling);
/// What a folder says, and where: every way, and whether it is the one.
inline constexpr const char* kPoolingFile = "1_Pooling/config.json";
std::vector<std::pair<std::string_view, bool>> folderModes(Pooling pooling);

}  // namespace core::model
