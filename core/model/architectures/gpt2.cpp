#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr WeightRow turned(WeightKind kind, std::string_view gguf, std::string_view folder, Side rows, Side columns) {
  WeightRow row{kind, gguf, folder, rows, columns};
  row.form = FolderForm::Turned;
  return row;
}

constexpr std::array kGpt2Rows{
    WeightRow{WeightKind::Embedding, "token_embd.weight", "transformer.wte.weight", Side::Vocabulary, Side::Width},
    WeightRow{WeightKind::Positions, "position_embd.weight", "transformer.wpe.weight", Side::Positions, Side::Width},
    WeightRow{WeightKind::OutputNorm, "output_norm.weight", "transformer.ln_f.weight", Side::Width},
    WeightRow{WeightKind::OutputNormBias, "output_norm.bias", "transformer.ln_f.bias", Side::Width},
    WeightRow{WeightKind::Output, "output.weight", "lm_head.weight", Side::Vocabulary, Side::Width},
    WeightRow{WeightKind::AttentionNorm, "attn_norm.weight", "ln_1.weight", Side::Width},
    WeightRow{WeightKind::AttentionNormBias, "attn_norm.bias", "ln_1.bias", Side::Width},
    turned(WeightKind::QueryKeyValue, "attn_qkv.weight", "attn.c_attn.weight", Side::QueriesKeysValues, Side::Width),
    WeightRow{WeightKind::QueryKeyValueBias, "attn_qkv.bias", "attn.c_attn.bias", Side::QueriesKeysValues},
    turned(WeightKind::AttentionOutput, "attn_output.weight", "attn.c_proj.weight", Side::Width, Side::Attended),
    WeightRow{WeightKind::AttentionOutputBias, "attn_output.bias", "attn.c_proj.bias", Side::Width},
    WeightRow{WeightKind::FeedForwardNorm, "ffn_norm.weight", "ln_2.weight", Side::Width},
    WeightRow{WeightKind::FeedForwardNormBias, "ffn_norm.bias", "ln_2.bias", Side::Width},
    turned(WeightKind::Up, "ffn_up.weight", "mlp.c_fc.weight", Side::FeedForward, Side::Width),
    WeightRow{WeightKind::UpBias, "ffn_up.bias", "mlp.c_fc.bias", Side::FeedForward},
    turned(WeightKind::Down, "ffn_down.weight", "mlp.c_proj.weight", Side::Width, Side::FeedForward),
    WeightRow{WeightKind::DownBias, "ffn_down.bias", "mlp.c_proj.bias", Side::Width},
};
constexpr std::array<std::string_view, 1> kGpt2Names{"gpt2"};
constexpr std::array<std::string_view, 1> kGpt2Classes{"GPT2LMHeadModel"};
constexpr SizeNames kGpt2Sizes{
    "n_positions", "n_embd", "n_layer", "n_inner", "n_head", "n_head", nullptr, nullptr, "layer_norm_epsilon", nullptr};

void hasNoRotation(const ConfigKeys& /*keys*/, ModelConfig& config) { config.isRotated.assign(config.layers, 0); }

}  // namespace

// Learned positions, norms with a mean, one matrix for queries, keys and values, a feed-forward part without a gate.
// Source: GPT2Config of transformers, whose Conv1D matrices are [inputs, outputs]; llama.cpp's gpt2.
const Architecture kGpt2{.gguf = kGpt2Names,
                         .huggingFace = kGpt2Names,
                         .weights = kGpt2Rows,
                         .build = buildPreNormDecoder,
                         .ggufPairing = RopePairing::Halves,
                         .activation = Activation::GeluTanh,
                         .folderClasses = kGpt2Classes,
                         .folderPresence = {},
                         .folderDefaults = {1024, 12, {}, {}, 1e-5F, 10000.0F, 4},
                         .readGguf = hasNoRotation,
                         .readFolder = hasNoRotation,
                         .folderBlocks = "transformer.h.",
                         .hasLayerNorms = true,
                         .folderSizes = kGpt2Sizes,
                         .folderActivation = "activation_function"};

}  // namespace core::model
