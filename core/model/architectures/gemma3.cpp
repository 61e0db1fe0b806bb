#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr std::uint32_t kPattern = 6;  // of so many layers, the last one sees everything
constexpr float kWindowBase = 10000.0F;

constexpr auto kGemma3Rows = withNormsFromOne(joined(kNormedOnBothSidesRows, kHeadNormRows));
constexpr std::array<std::string_view, 1> kGemma3Names{"gemma3"}, kGemma3Types{"gemma3_text"};
constexpr std::array<std::string_view, 1> kGemma3Classes{"Gemma3ForCausalLM"};
constexpr std::array<std::string_view, 1> kGemma3Keys{"attention.sliding_window_pattern"};
constexpr std::array<std::string_view, 3> kGemma3FolderKeys{"layer_types", kWholeLayersRope, kWindowedLayersRope};
constexpr std::array kGemma3Config{
    ConfigRow{"", "sliding_window", &ModelConfig::slidingWindow, 0, ModelConfig::kMaxContext, 0, 4096},
    ConfigRow{"rope.freq_base_swa", "rope_local_base_freq", &ModelConfig::ropeWindowBase, 1, 1e12F, kWindowBase,
              kWindowBase},
    ConfigRow{"", "query_pre_attn_scalar", &ModelConfig::attentionScale, 1e-3F, 1e6F, 0, 256,
              ConfigForm::InverseSquare},
    ConfigRow{"final_logit_softcapping", "final_logit_softcapping", &ModelConfig::logitSoftCap, 0, 1e6F}};

void readGemma3(ModelConfig& config) {
  config.embeddingScale = std::sqrt(static_cast<float>(config.width));
  config.isWindowed = windowPattern(kPattern, config.layers);
}

void readGemma3File(const ConfigKeys& keys, ModelConfig& config) {
  readGemma3(config);
  // A number of layers, or what each layer is.
  const char* const pattern = "attention.sliding_window_pattern";
  if (auto listed = keys.perLayer(pattern, config.layers); !listed.empty())
    config.isWindowed = std::move(listed);
  else if (keys.has(pattern))
    config.isWindowed = windowPattern(keys.integer(pattern, kPattern, 1, ModelConfig::kMaxContext), config.layers);
  // Those of 27 billion weights scale by what a head of the width would have.
  constexpr std::uint32_t kLayersOf27 = 62;
  if (config.layers == kLayersOf27)
    config.attentionScale = 1.0F / std::sqrt(static_cast<float>(config.width) / static_cast<float>(config.heads));
}

void readGemma3Folder(const ConfigKeys& keys, ModelConfig& config) {
  readGemma3(config);
  const std::string windowed(kWindowedLayersRope);
  config.ropeWindowBase = keys.real(windowed + ".rope_theta", config.ropeWindowBase, 1.0F, 1e12F);
  if (const auto type = keys.metadata().string(keys(windowed + ".rope_type")); type && *type != "default")
    throw Error(ErrorCode::Unsupported,
                fmt::format("Rotary scaling of windowed layers ({}) cannot be computed yet.", io::inQuotes(*type)),
                keys(windowed + ".rope_type"));
  if (keys.has("sliding_window_pattern"))
    config.isWindowed =
        windowPattern(keys.integer("sliding_window_pattern", kPattern, 1, ModelConfig::kMaxContext), config.layers);
  readLayerTypes(keys, config);
}

/// Only what is not the pattern that files are silent of: llama.cpp reads a number of layers.
void writeGemma3File(const ModelConfig& config, ConfigWriter& writer) {
  for (std::uint32_t pattern = 1; pattern <= config.layers + 1; ++pattern) {
    if (windowPattern(pattern == 1 ? kPattern : pattern - 1, config.layers) != config.isWindowed) continue;
    if (pattern != 1) writer.integer("attention.sliding_window_pattern", pattern - 1);
    return;
  }
  writer.flags("attention.sliding_window_pattern", config.isWindowed);
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
                           .folderClasses = kGemma3Classes,
                           .folderDefaults = {131072, 8, 4, 256, 1e-6F, 1e6F},
                           .config = kGemma3Config,
                           .ggufKeys = kGemma3Keys,
                           .folderKeys = kGemma3FolderKeys,
                           .readGguf = readGemma3File,
                           .readFolder = readGemma3Folder,
                           .writeGguf = writeGemma3File,
                           .writeFolder = writeLayerTypes};

}  // namespace core::model
