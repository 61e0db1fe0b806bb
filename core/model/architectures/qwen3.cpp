#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr auto kQwen3Rows = joined(kDecoderRows, kHeadNormRows);
constexpr std::array<std::string_view, 1> kQwen3Classes{"Qwen3ForCausalLM"};
constexpr std::array<std::string_view, 1> kQwen3Names{"qwen3"};
constexpr std::array<std::string_view, 2> kQwen3Types{"qwen3", "qwen3_vl_text"};

}  // namespace

// As Llama, with an RMSNorm of every head's queries and keys.
const Architecture kQwen3{.gguf = kQwen3Names,
                          .huggingFace = kQwen3Types,
                          .weights = kQwen3Rows,
                          .build = buildPreNormDecoder,
                          .ggufPairing = RopePairing::Halves,
                          .folderClasses = kQwen3Classes};

}  // namespace core::model
