#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr auto kGraniteRows = withHeadsInPairs(kDecoderRows);
constexpr std::array<std::string_view, 1> kGraniteNames{"granite"};
constexpr std::array<std::string_view, 1> kGraniteClasses{"GraniteForCausalLM"};
constexpr float kMostScale = 1e4F;
constexpr std::array kGraniteConfig{
    ConfigRow{"attention.scale", "attention_multiplier", &ModelConfig::attentionScale, 0, kMostScale, 0, 1},
    ConfigRow{"embedding_scale", "embedding_multiplier", &ModelConfig::embeddingScale, 0, kMostScale, 1, 1,
              ConfigForm::Factor},
    ConfigRow{"residual_scale", "residual_multiplier", &ModelConfig::residualScale, 0, kMostScale, 1, 1,
              ConfigForm::Factor},
    ConfigRow{"logit_scale", "logits_scaling", &ModelConfig::logitScale, 0, kMostScale, 1, 1, ConfigForm::Divisor}};

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
