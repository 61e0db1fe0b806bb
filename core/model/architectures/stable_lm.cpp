#include <array>

#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr float kRotatedShare = 0.25F;

constexpr auto kStableLmRows = joined(
    kDecoderRows,
    std::array{
        WeightRow{WeightKind::OutputNormBias, "output_norm.bias", "model.norm.bias", Side::Width},
        WeightRow{WeightKind::AttentionNormBias, "attn_norm.bias", "input_layernorm.bias", Side::Width},
        WeightRow{WeightKind::FeedForwardNormBias, "ffn_norm.bias", "post_attention_layernorm.bias", Side::Width}});
constexpr std::array<std::string_view, 1> kStableLmNames{"stablelm"};
constexpr std::array<std::string_view, 1> kStableLmClasses{"StableLmForCausalLM"};
constexpr std::array<std::string_view, 1> kStableLmFolderKeys{"rope_parameters.partial_rotary_factor"};
constexpr std::array kStableLmConfig{ConfigRow{"", "partial_rotary_factor", &ModelConfig::ropeDimensions, 1e-3F, 1, 1,
                                               kRotatedShare, ConfigForm::ShareOfHead}};
constexpr std::array<PresenceWord, 1> kStableLmBiases{PresenceWord{"use_qkv_bias", kQueryKeyValueBiases}};
constexpr SizeNames kStableLmSizes = [] {
  SizeNames names = kFolderSizes;
  names.normEpsilon = "layer_norm_eps";
  return names;
}();

/// Sizes and the rotated share stand in rows.
void writeStableLm(const ModelConfig& /*config*/, ConfigWriter& writer) { writer.flag("use_parallel_residual", false); }

}  // namespace

// As Llama, with norms that have a mean and a bias; part of a head is rotated.
// Source: StableLmConfig of transformers; llama.cpp's stablelm.
const Architecture kStableLm{.gguf = kStableLmNames,
                             .huggingFace = kStableLmNames,
                             .weights = kStableLmRows,
                             .build = buildPreNormDecoder,
                             .ggufPairing = RopePairing::Halves,
                             .folderClasses = kStableLmClasses,
                             .folderPresence = kStableLmBiases,
                             .folderDefaults = {4096, 32, 32, {}, 1e-5F, 10000.0F},
                             .config = kStableLmConfig,
                             .folderKeys = kStableLmFolderKeys,
                             .readFolder = readRotatedShare,
                             .writeGguf = writeStableLm,
                             .writeFolder = writeStableLm,
                             .hasLayerNorms = true,
                             .folderSizes = kStableLmSizes};

}  // namespace core::model
