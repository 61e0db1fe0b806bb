#pragma once
#include <string>

#include "app/session/llama_shape.h"

namespace app {

/// The measures of a known model, as its published configuration gives them: "llama-2-7b", "llama-3.1-8b",
/// "llama-3.1-70b".
/// @throws core::Error (InvalidArgument) for a model it does not know
const LlamaShape& modelShape(const std::string& name);

}  // namespace app
