#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr std::array<std::string_view, 1> kQwen2Classes{"Qwen2ForCausalLM"};
constexpr std::array<std::string_view, 1> kQwen2Names{"qwen2"};
// The language models inside those that read pictures, too.
constexpr std::array<std::string_view, 5> kQwen2Types{"qwen2", "qwen2_vl", "qwen2_vl_text", "qwen2_5_vl",
                                                      "qwen2_5_vl_text"};

}  // namespace

// As Llama, with biases of queries, keys and values.
const Architecture kQwen2{.gguf = kQwen2Names,
                          .huggingFace = kQwen2Types,
                          .weights = kDecoderRows,
                          .build = buildPreNormDecoder,
                          .ggufPairing = RopePairing::Halves,
                          .folderClasses = kQwen2Classes,
                          .folderPresence = {}};

}  // namespace core::model
