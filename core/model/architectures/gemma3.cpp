#include <cmath>

#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr std::uint32_t kPattern = 6;  // of so many layers, the last one sees everything
constexpr float kWindowBase = 10000.0F;

constexpr auto kGemma3Rows = withNormsFromOne(joined(kNormedOnBothSidesRows, kHeadNormRows));
constexpr std::array<std::string_view, 1> kGemma3Names{"gemma3"}, kGemma3Types{"gemma3_text"};
constexpr std::array<std::string_view, 3> kGemma3Keys{"attention.sliding_window_pattern", "final_logit_softcapping",
                                                      "rope.freq_base_swa"};
constexpr std::array<std::string_view, 5> kGemma3FolderKeys{"query_pre_attn_scalar", "final_logit_softcapping",
                                                            "layer_types", "rope_local_base_freq",
                                                            "rope_parameters.sliding_attention"};

void readGemma3(const ConfigKeys& keys, ModelConfig& config) {
  config.embeddingScale = std::sqrt(static_cast<float>(config.width));
  config.logitSoftCap = keys.real("final_logit_softcapping", 0.0F, 0.0F, 1e6F);
  setWindowPattern(kPattern, config);
}

void readGemma3File(const ConfigKeys& keys, ModelConfig& config) {
  readGemma3(keys, config);
  // A number of layers, or what each layer is.
  const char* const pattern = "attention.sliding_window_pattern";
  if (auto listed = keys.perLayer(pattern, config.layers); !listed.empty())
    config.isWindowed = std::move(listed);
  else if (keys.has(pattern))
    setWindowPattern(keys.integer(pattern, kPattern, 1, ModelConfig::kMaxContext), config);
  config.ropeWindowBase = keys.real("rope.freq_base_swa", kWindowBase, 1.0F, 1e12F);
  // Those of 27 billion weights scale by what a head of the width would have.
  constexpr std::uint32_t kLayersOf27 = 62;
  if (config.layers == kLayersOf27)
    config.attentionScale = 1.0F / std::sqrt(static_cast<float>(config.width) / static_cast<float>(config.heads));
}

void readGemma3Folder(const ConfigKeys& keys, ModelConfig& config) {
  readGemma3(keys, config);
  config.slidingWindow = keys.integer("sliding_window", 4096, 0, ModelConfig::kMaxContext);
  const float ofWindows = keys.real("rope_local_base_freq", kWindowBase, 1.0F, 1e12F);
  config.ropeWindowBase = keys.real("rope_parameters.sliding_attention.rope_theta", ofWindows, 1.0F, 1e12F);
  config.attentionScale = 1.0F / std::sqrt(keys.real("query_pre_attn_scalar", 256.0F, 1e-3F, 1e6F));
  if (keys.has("sliding_window_pattern"))
    setWindowPattern(keys.integer("sliding_window_pattern", kPattern, 1, ModelConfig::kMaxContext), config);
  readLayerTypes(keys, config);
}

}  // namespace

// Norms before and behind the parts of a block and of every head; five layers of six see a window and turn at a base of
// their own; GELU; an embedding times the root of the width.
// Source: Gemma3TextConfig of transformers; llama.cpp's gemma3.
const Architecture kGemma3{.gguf = kGemma3Names,
                           .huggingFace = kGemma3Types,
                           .weights = kGemma3Rows,
                           .build = buildNormedOnBothSides,
                           .ggufPairing = RopePairing::Halves,
                           .activation = Activation::GeluTanh,
                           .ggufKeys = kGemma3Keys,
                           .folderKeys = kGemma3FolderKeys,
                           .readGguf = readGemma3File,
                           .readFolder = readGemma3Folder};

}  // namespace core::model
