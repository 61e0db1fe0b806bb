#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr auto kMistral3Rows =
    joined(withHeadsInPairs(kDecoderRows),
           std::array{WeightRow{WeightKind::RopeFactors, "rope_freqs.weight", "", Side::RopePairs, Side::None, false}});
constexpr std::array<std::string_view, 1> kMistral3Names{"mistral3"}, kMistral3Types{"ministral3"};
constexpr std::array<std::string_view, 1> kMistral3Classes{"Ministral3ForCausalLM"};
constexpr std::array<std::string_view, 2> kMistral3Keys{"rope.scaling.yarn_log_multiplier",
                                                        "attention.temperature_length"};
constexpr std::array kMistral3Config{ConfigRow{"attention.temperature_scale", "rope_parameters.llama_4_scaling_beta",
                                               &ModelConfig::attentionGrowth, 0, 100}};

/// Its folders say what its GGUF files do by the multiplier of Yarn's logarithm: that queries and keys keep their
/// length.
void writeMistral3Folder(const ModelConfig& config, ConfigWriter& writer) {
  if (config.ropeScaling != RopeScaling::Yarn) return;
  writer.text("rope_parameters.type", "yarn");
  if (config.ropeMagnitude != 1.0F) return;
  writer.real("rope_parameters.mscale", 1.0);
  writer.real("rope_parameters.mscale_all_dim", 1.0);
}

}  // namespace

// As Llama, with queries that grow with the position and Yarn that does not change their length.
// Source: Ministral3Config of transformers; llama.cpp's mistral3.
const Architecture kMistral3{.gguf = kMistral3Names,
                             .huggingFace = kMistral3Types,
                             .weights = kMistral3Rows,
                             .build = buildPreNormDecoder,
                             .ggufPairing = RopePairing::Adjacent,
                             .folderClasses = kMistral3Classes,
                             .folderDefaults = {262144, 32, 8, 128, 1e-5F, 1e6F},
                             .config = kMistral3Config,
                             .ggufKeys = kMistral3Keys,
                             .writeFolder = writeMistral3Folder,
                             .folderRope = "rope_parameters",
                             .ggufYarnLog = 1.0F};

}  // namespace core::model
