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
constexpr std::array<std::string_view, 1> kGemma2Classes{"Gemma2ForCausalLM"};
constexpr std::array<std::string_view, 1> kGemma2FolderKeys{"layer_types"};
constexpr float kUsualCap = 50.0F, kUsualLogitCap = 30.0F, kMostCap = 1e6F;
constexpr std::array kGemma2Config{
    ConfigRow{"", "sliding_window", &ModelConfig::slidingWindow, 0, ModelConfig::kMaxContext, 0, kGemma2Window},
    ConfigRow{"", "query_pre_attn_scalar", &ModelConfig::attentionScale, 1e-3F, 1e6F, 0, 256,
              ConfigForm::InverseSquare},
    ConfigRow{"attn_logit_softcapping", "attn_logit_softcapping", &ModelConfig::attentionSoftCap, 0, kMostCap,
              kUsualCap, kUsualCap},
    ConfigRow{"final_logit_softcapping", "final_logit_softcapping", &ModelConfig::logitSoftCap, 0, kMostCap,
              kUsualLogitCap, kUsualLogitCap}};

void readGemma2(ModelConfig& config) {
  config.embeddingScale = std::sqrt(static_cast<float>(config.width));
  config.isWindowed = windowPattern(kGemma2Pattern, config.layers);
}

void readGemma2File(const ConfigKeys& keys, ModelConfig& config) {
  readGemma2(config);
  config.slidingWindow = keys.integer("attention.sliding_window", kGemma2Window, 0, ModelConfig::kMaxContext);
  // Those of 27 billion weights scale by what a head of the width would have.
  constexpr std::uint32_t kLayersOf27 = 46;
  if (config.layers == kLayersOf27)
    config.attentionScale = 1.0F / std::sqrt(static_cast<float>(config.width) / static_cast<float>(config.heads));
}

void readGemma2Folder(const ConfigKeys& keys, ModelConfig& config) {
  readGemma2(config);
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
                           .folderClasses = kGemma2Classes,
                           .folderDefaults = {8192, 8, 4, 256, 1e-6F, 10000.0F},
                           .config = kGemma2Config,
                           .folderKeys = kGemma2FolderKeys,
                           .readGguf = readGemma2File,
                           .readFolder = readGemma2Folder,
                           .writeFolder = writeLayerTypes};

}  // namespace core::model
