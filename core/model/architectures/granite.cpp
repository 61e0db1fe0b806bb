#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/architectures/granite_rows.h"

namespace core::model {

namespace {

constexpr auto kGraniteRows = withHeadsInPairs(kDecoderRows);
constexpr std::array<std::string_view, 1> kGraniteNames{"granite"};
constexpr std::array<std::string_view, 1> kGraniteClasses{"GraniteForCausalLM"};
}  // namespace

// As Llama, with factors of the embedding, of what blocks add, of products of queries and keys, and a divisor of
// logits. Source: GraniteConfig of transformers; llama.cpp's granite.
const Architecture kGranite{.gguf = kGraniteNames,
                            .huggingFace = kGraniteNames,
                            .weights = kGraniteRows,
                            .build = buildPreNormDecoder,
                            .ggufPairing = RopePairing::Adjacent,
                            .folderClasses = kGraniteClasses,
                            .config = kGraniteConfig};

}  // namespace core::model
