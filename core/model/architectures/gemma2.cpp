#include <cmath>

#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr std::uint32_t kGemma2Pattern = 2;  // every second layer sees everything
constexpr std::uint32_t kGemma2Window = 4096;

constexpr auto kGemma2Rows = withNormsFromOne(kNormedOnBothSidesRows);
constexpr std::array<std::string_view, 1> kGemma2Names{"gemma2"};
constexpr std::array<std::string_view, 2> kGemma2Keys{"attn_logit_softcapping", "final_logit_softcapping"};
constexpr std::array<std::string_view, 4> kGemma2FolderKeys{"query_pre_attn_scalar", "attn_logit_softcapping",
                                                            "final_logit_softcapping", "layer_types"};

void readGemma2(const ConfigKeys& keys, ModelConfig& config) {
  constexpr float kUsualCap = 50.0F, kUsualLogitCap = 30.0F, kMostCap = 1e6F;
  config.embeddingScale = std::sqrt(static_cast<float>(config.width));
  config.attentionSoftCap = keys.real("attn_logit_softcapping", kUsualCap, 0.0F, kMostCap);
  config.logitSoftCap = keys.real("final_logit_softcapping", kUsualLogitCap, 0.0F, kMostCap);
  config.isWindowed = windowPattern(kGemma2Pattern, config.layers);
}

void readGemma2File(const ConfigKeys& keys, ModelConfig& config) {
  readGemma2(keys, config);
  config.slidingWindow = keys.integer("attention.sliding_window", kGemma2Window, 0, ModelConfig::kMaxContext);
  // Those of 27 billion weights scale by what a head of the width would have.
  constexpr std::uint32_t kLayersOf27 = 46;
  if (config.layers == kLayersOf27)
    config.attentionScale = 1.0F / std::sqrt(static_cast<float>(config.width) / static_cast<float>(config.heads));
}

void readGemma2Folder(const ConfigKeys& keys, ModelConfig& config) {
  readGemma2(keys, config);
  config.slidingWindow = keys.integer("sliding_window", kGemma2Window, 0, ModelConfig::kMaxContext);
  config.attentionScale = 1.0F / std::sqrt(keys.real("query_pre_attn_scalar", 256.0F, 1e-3F, 1e6F));
  readLayerTypes(keys, config);
}

}  // namespace

// Norms before and behind the parts of a block; every second layer sees a window; scores and logits are capped; GELU;
// an embedding times the root of the width. Source: Gemma2Config of transformers; llama.cpp's gemma2.
const Architecture kGemma2{.gguf = kGemma2Names,
                           .huggingFace = kGemma2Names,
                           .weights = kGemma2Rows,
                           .build = buildNormedOnBothSides,
                           .ggufPairing = RopePairing::Halves,
                           .activation = Activation::GeluTanh,
                           .ggufKeys = kGemma2Keys,
                           .folderKeys = kGemma2FolderKeys,
                           .readGguf = readGemma2File,
                           .readFolder = readGemma2Folder};

}  // namespace core::model
