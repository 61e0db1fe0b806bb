#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/architectures/recurrent_parts.h"
#include "core/model/architectures/state_space_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr auto kMamba2Rows =
    joined(std::array{WeightRow{WeightKind::Embedding, "token_embd.weight", "backbone.embeddings.weight",
                                Side::Vocabulary, Side::Width},
                      WeightRow{WeightKind::OutputNorm, "output_norm.weight", "backbone.norm_f.weight", Side::Width},
                      WeightRow{WeightKind::Output, "output.weight", "lm_head.weight", Side::Vocabulary, Side::Width},
                      WeightRow{WeightKind::AttentionNorm, "attn_norm.weight", "norm.weight", Side::Width}},
           stateSpaceRows({"mixer.in_proj.weight", "mixer.conv1d.weight", "mixer.conv1d.bias", "mixer.dt_bias",
                           "mixer.A_log", "mixer.D", "mixer.norm.weight", "mixer.out_proj.weight"}));
constexpr std::array<std::string_view, 1> kMamba2Names{"mamba2"};
constexpr std::array<std::string_view, 1> kMamba2Classes{"Mamba2ForCausalLM"};
constexpr std::uint32_t kMamba2Context = 1U << 20U;

constexpr RecurrentNames kMamba2Sizes{"conv_kernel", "num_heads", "n_groups", "state_size"};
constexpr StateSpaceBiases kMamba2Biases{"use_bias", "use_conv_bias"};
constexpr std::array<PresenceWord, 1> kMamba2Presence{PresenceWord{"use_conv_bias", kConvolutionBias}};

void readMamba2(ModelConfig& config) {
  config.isRecurrent.assign(config.layers, 1);
  config.isRotated.assign(config.layers, 0);
}

void readMamba2File(const ConfigKeys& keys, ModelConfig& config) {
  readStateSpaceFile(keys, config);
  readMamba2(config);
}

void readMamba2Folder(const ConfigKeys& keys, ModelConfig& config) {
  readStateSpaceFolder(keys, kMamba2Sizes, "head_dim", "expand", kMamba2Biases, {4, 128, 8, 128, 64}, config);
  refuseTimeLimits(keys);
  readMamba2(config);
}

void writeMamba2File(const ModelConfig& /*config*/, ConfigWriter& /*writer*/) {}  // as all that keep such states

void writeMamba2Folder(const ModelConfig& config, ConfigWriter& writer) {
  writeStateSpaceFolder(config, kMamba2Sizes, "head_dim", "expand", kMamba2Biases, writer);
  writer.flag("rms_norm", true);
}

/// Blocks that are a state space and nothing else.
Graph buildMamba2(const ModelConfig& config, const ModelWeights& weights) {
  DecoderParts parts(config, weights);
  ValueId x = parts.embed();
  for (std::uint32_t layer = 0; layer < config.layers; ++layer)
    x = parts.add("ssm_residual", layer, x,
                  parts.mixer(layer, parts.norm("attn_norm", layer, WeightKind::AttentionNorm, x)));
  parts.logits(x);
  return parts.take();
}

constexpr SizeNames mamba2Sizes() {
  SizeNames names = kFolderSizes;
  names.normEpsilon = "layer_norm_epsilon";
  return names;
}

}  // namespace

// State spaces behind convolutions, without attention and without feed-forward parts.
// Source: Mamba2Config of transformers; llama.cpp's mamba2, which norms groups of heads for themselves.
const Architecture kMamba2{.gguf = kMamba2Names,
                           .huggingFace = kMamba2Names,
                           .weights = kMamba2Rows,
                           .build = buildMamba2,
                           .ggufPairing = RopePairing::Halves,
                           .folderClasses = kMamba2Classes,
                           .folderPresence = kMamba2Presence,
                           .folderDefaults = {kMamba2Context, {}, {}, {}, 1e-5F, 10000.0F},
                           .ggufKeys = kStateSpaceKeys,
                           .readGguf = readMamba2File,
                           .readFolder = readMamba2Folder,
                           .writeGguf = writeMamba2File,
                           .writeFolder = writeMamba2Folder,
                           .folderBlocks = "backbone.layers.",
                           .folderSizes = mamba2Sizes(),
                           .recurrentPart = stateSpace,
                           .hasAttention = false};

}  // namespace core::model
