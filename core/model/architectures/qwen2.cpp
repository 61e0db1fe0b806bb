#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr std::array<std::string_view, 1> kQwen2Classes{"Qwen2ForCausalLM"};
constexpr std::array<std::string_view, 1> kQwen2Names{"qwen2"};

}  // namespace

// As Llama, with biases of queries, keys and values.
const Architecture kQwen2{.gguf = kQwen2Names,
                          .huggingFace = kQwen2Names,
                          .weights = kDecoderRows,
                          .build = buildPreNormDecoder,
                          .ggufPairing = RopePairing::Halves,
                          .folderClasses = kQwen2Classes,
                          .folderSaysBiases = false};

}  // namespace core::model
