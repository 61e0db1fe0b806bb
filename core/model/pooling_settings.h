#pragma once
#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/config_keys.h"

namespace core::model {

/// How a GGUF file wants rows of tokens pooled (pooling_type of llama.cpp); of all tokens where it is silent or
/// pools nothing by itself. @throws Error (Unsupported) for one that ranks pairs of texts
Pooling poolingOfFile(const ConfigKeys& keys);

/// The same of a folder (1_Pooling/config.json of sentence-transformers). @throws Error (InvalidFile) for a file that
/// is no JSON object, (Unsupported) for a way that is none of these
Pooling poolingOfFolder(const io::Checkpoint& checkpoint);

}  // namespace core::model
