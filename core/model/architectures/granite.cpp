#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr auto kGraniteRows = withHeadsInPairs(kDecoderRows);
constexpr std::array<std::string_view, 1> kGraniteNames{"granite"};
constexpr std::array<std::string_view, 4> kGraniteKeys{"attention.scale", "embedding_scale", "residual_scale",
                                                       "logit_scale"};
constexpr std::array<std::string_view, 4> kGraniteFolderKeys{"attention_multiplier", "embedding_multiplier",
                                                             "residual_multiplier", "logits_scaling"};
constexpr float kMostScale = 1e4F;

/// A factor, which files leave at 0 where it is 1.
float factorOf(const ConfigKeys& keys, std::string_view name) {
  const float factor = keys.real(name, 1.0F, 0.0F, kMostScale);
  return factor == 0.0F ? 1.0F : factor;
}

template <std::size_t N>
void readMultipliers(const ConfigKeys& keys, const std::array<std::string_view, N>& names, ModelConfig& config) {
  config.attentionScale = keys.real(names[0], 0.0F, 0.0F, kMostScale);
  config.embeddingScale = factorOf(keys, names[1]);
  config.residualScale = factorOf(keys, names[2]);
  config.logitScale = 1.0F / factorOf(keys, names[3]);
}

void readGraniteFile(const ConfigKeys& keys, ModelConfig& config) { readMultipliers(keys, kGraniteKeys, config); }
void readGraniteFolder(const ConfigKeys& keys, ModelConfig& config) {
  readMultipliers(keys, kGraniteFolderKeys, config);
}

}  // namespace

// As Llama, with factors of the embedding, of what blocks add, of products of queries and keys, and a divisor of
// logits. Source: GraniteConfig of transformers; llama.cpp's granite.
const Architecture kGranite{.gguf = kGraniteNames,
                            .huggingFace = kGraniteNames,
                            .weights = kGraniteRows,
                            .build = buildPreNormDecoder,
                            .ggufPairing = RopePairing::Adjacent,
                            .ggufKeys = kGraniteKeys,
                            .folderKeys = kGraniteFolderKeys,
                            .readGguf = readGraniteFile,
                            .readFolder = readGraniteFolder};

}  // namespace core::model
