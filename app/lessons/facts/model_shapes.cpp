#include "app/lessons/facts/model_shapes.h"

#include <fmt/format.h>

#include <string_view>

#include "core/base/error.h"

namespace app {
namespace {

struct NamedShape {
  std::string_view name;
  LlamaShape shape;
};

// Sources: config.json of meta-llama/Llama-2-7b, Llama-3.1-8B and Llama-3.1-70B on Hugging Face.
constexpr NamedShape kShapes[] = {
    {"llama-2-7b",
     {.blocks = 32, .heads = 32, .keyHeads = 32, .headSize = 128, .width = 4096, .hidden = 11008, .vocabulary = 32000}},
    {"llama-3.1-8b",
     {.blocks = 32, .heads = 32, .keyHeads = 8, .headSize = 128, .width = 4096, .hidden = 14336, .vocabulary = 128256}},
    {"llama-3.1-70b",
     {.blocks = 80, .heads = 64, .keyHeads = 8, .headSize = 128, .width = 8192, .hidden = 28672, .vocabulary = 128256}},
};

}  // namespace

const LlamaShape& modelShape(const std::string& name) {
  for (const NamedShape& known : kShapes)
    if (known.name == name) return known.shape;
  throw core::Error(core::ErrorCode::InvalidArgument, fmt::format("The measures of a model {} are not known.", name));
}

}  // namespace app
