#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr std::uint32_t kRotatedLayers = 4;  // of so many, the last is not rotated

constexpr auto kSmolLm3Rows = withHeadsInPairs(kDecoderRows);
constexpr std::array<std::string_view, 1> kSmolLm3Names{"smollm3"};
constexpr std::array<std::string_view, 1> kSmolLm3Classes{"SmolLM3ForCausalLM"};
constexpr std::array<std::string_view, 2> kSmolLm3Keys{"no_rope_layers", "no_rope_layer_interval"};

void rotateAllBut(std::uint32_t interval, ModelConfig& config) {
  config.isRotated.clear();
  for (std::uint32_t layer = 0; layer < config.layers; ++layer)
    config.isRotated.push_back((layer + 1) % interval == 0 ? 0 : 1);
}

void readSmolLm3File(const ConfigKeys& /*keys*/, ModelConfig& config) { rotateAllBut(kRotatedLayers, config); }

void readSmolLm3Folder(const ConfigKeys& keys, ModelConfig& config) {
  rotateAllBut(keys.integer("no_rope_layer_interval", kRotatedLayers, 1, ModelConfig::kMaxContext), config);
  if (auto listed = keys.perLayer("no_rope_layers", config.layers); !listed.empty())
    config.isRotated = std::move(listed);
}

void writeSmolLm3Folder(const ModelConfig& config, ConfigWriter& writer) {
  writer.integers("no_rope_layers", config.isRotated);
}

}  // namespace

// As Llama; every fourth layer has no rotary embedding.
// Source: SmolLM3Config of transformers; llama.cpp's smollm3.
const Architecture kSmolLm3{.gguf = kSmolLm3Names,
                            .huggingFace = kSmolLm3Names,
                            .weights = kSmolLm3Rows,
                            .build = buildPreNormDecoder,
                            .ggufPairing = RopePairing::Adjacent,
                            .folderClasses = kSmolLm3Classes,
                            .folderKeys = kSmolLm3Keys,
                            .readGguf = readSmolLm3File,
                            .readFolder = readSmolLm3Folder,
                            .writeFolder = writeSmolLm3Folder};

}  // namespace core::model
