#pragma once
#include "core/model/architectures/architecture.h"

namespace core::model {

// One file each.
extern const Architecture kLlama;  ///< Llama 2 and 3, TinyLlama, Mistral, SmolLM
extern const Architecture kQwen2;  ///< Qwen 2 and 2.5
extern const Architecture kQwen3;

}  // namespace core::model
