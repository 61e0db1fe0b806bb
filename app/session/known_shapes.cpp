#include "app/session/known_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace app {

namespace {

// Sources: config.json on Hugging Face of TinyLlama-1.1B-Chat-v1.0, Llama-3.2-1B, gemma-2b (keys and values of one
// head), Llama-2-7b, Mistral-7B-v0.1 (sliding window), Llama-3.1-8B, gemma-2-9b (every second block has a window),
// Llama-2-13b, Qwen2.5-32B and Llama-3.1-70B. Gemma's further norms and Qwen's biases, under 0.1 %, are left out.
constexpr KnownShape kShapes[] = {
    {"tinyllama-1.1b",
     "TinyLlama 1.1B",
     {.blocks = 22, .heads = 32, .keyHeads = 4, .headSize = 64, .width = 2048, .hidden = 5632, .vocabulary = 32000},
     2048},
    {"llama-3.2-1b",
     "Llama 3.2 1B",
     {.blocks = 16,
      .heads = 32,
      .keyHeads = 8,
      .headSize = 64,
      .width = 2048,
      .hidden = 8192,
      .vocabulary = 128256,
      .ends = LlamaShape::Ends::Tied},
     131072},
    {"gemma-2b",
     "Gemma 2B",
     {.blocks = 18,
      .heads = 8,
      .keyHeads = 1,
      .headSize = 256,
      .width = 2048,
      .hidden = 16384,
      .vocabulary = 256000,
      .ends = LlamaShape::Ends::Tied},
     8192},
    {"llama-2-7b",
     "Llama 2 7B",
     {.blocks = 32, .heads = 32, .keyHeads = 32, .headSize = 128, .width = 4096, .hidden = 11008, .vocabulary = 32000},
     4096},
    {"mistral-7b-v0.1",
     "Mistral 7B v0.1",
     {.blocks = 32, .heads = 32, .keyHeads = 8, .headSize = 128, .width = 4096, .hidden = 14336, .vocabulary = 32000},
     32768,
     4096,
     32},
    {"llama-3.1-8b",
     "Llama 3.1 8B",
     {.blocks = 32, .heads = 32, .keyHeads = 8, .headSize = 128, .width = 4096, .hidden = 14336, .vocabulary = 128256},
     131072},
    {"gemma-2-9b",
     "Gemma 2 9B",
     {.blocks = 42,
      .heads = 16,
      .keyHeads = 8,
      .headSize = 256,
      .width = 3584,
      .hidden = 14336,
      .vocabulary = 256000,
      .ends = LlamaShape::Ends::Tied},
     8192,
     4096,
     21},
    {"llama-2-13b",
     "Llama 2 13B",
     {.blocks = 40, .heads = 40, .keyHeads = 40, .headSize = 128, .width = 5120, .hidden = 13824, .vocabulary = 32000},
     4096},
    {"qwen2.5-32b",
     "Qwen 2.5 32B",
     {.blocks = 64, .heads = 40, .keyHeads = 8, .headSize = 128, .width = 5120, .hidden = 27648, .vocabulary = 152064},
     131072},
    {"llama-3.1-70b",
     "Llama 3.1 70B",
     {.blocks = 80, .heads = 64, .keyHeads = 8, .headSize = 128, .width = 8192, .hidden = 28672, .vocabulary = 128256},
     131072},
};

}  // namespace

KvLayout KnownShape::kv() const {
  return {.layers = shape.blocks,
          .heads = shape.heads,
          .kvHeads = shape.keyHeads,
          .headSize = shape.headSize,
          .valueHeadSize = shape.headSize,
          .window = window,
          .windowLayers = windowLayers};
}

std::span<const KnownShape> knownShapes() { return kShapes; }

const KnownShape& knownShape(std::string_view id) {
  std::string names;
  for (const KnownShape& known : kShapes) {
    if (known.id == id) return known;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", known.id);
  }
  throw core::Error(core::ErrorCode::InvalidArgument,
                    fmt::format("The measures of a model \"{}\" are not known; known are {}.", id, names));
}

const KnownShape& nearestShape(double parameters) {
  return *std::ranges::min_element(kShapes, {}, [parameters](const KnownShape& known) {
    return std::abs(std::log(known.shape.parameters() / std::max(parameters, 1.0)));
  });
}

}  // namespace app
