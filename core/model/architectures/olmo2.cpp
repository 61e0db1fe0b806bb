#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr std::array kOlmo2Own{
    WeightRow{WeightKind::QueryNorm, "attn_q_norm.weight", "self_attn.q_norm.weight", Side::Queries},
    WeightRow{WeightKind::KeyNorm, "attn_k_norm.weight", "self_attn.k_norm.weight", Side::Keys},
    WeightRow{WeightKind::AttentionPostNorm, "post_attention_norm.weight", "post_attention_layernorm.weight",
              Side::Width},
    WeightRow{WeightKind::FeedForwardPostNorm, "post_ffw_norm.weight", "post_feedforward_layernorm.weight",
              Side::Width}};
constexpr auto kOlmo2Rows =
    joined(without(without(kDecoderRows, WeightKind::AttentionNorm), WeightKind::FeedForwardNorm), kOlmo2Own);
constexpr std::array<std::string_view, 1> kOlmo2Classes{"Olmo2ForCausalLM"};
constexpr std::array<std::string_view, 1> kOlmo2Names{"olmo2"};

/// What parts of a block give is normed, not what they get.
Graph buildOlmo2(const ModelConfig& config, const ModelWeights& weights) {
  DecoderParts parts(config, weights);
  ValueId x = parts.embed();
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    const ValueId attended = parts.mixer(layer, x);
    x = parts.add("attn_residual", layer, x,
                  parts.norm("attn_post_norm", layer, WeightKind::AttentionPostNorm, attended));
    const ValueId fed = parts.feedForward(layer, x);
    x = parts.add("ffn_residual", layer, x, parts.norm("ffn_post_norm", layer, WeightKind::FeedForwardPostNorm, fed));
  }
  parts.logits(x);
  return parts.take();
}

}  // namespace

// Norms behind the parts of a block, and of all queries and all keys together.
// Source: Olmo2Config of transformers; llama.cpp's olmo2.
const Architecture kOlmo2{.gguf = kOlmo2Names,
                          .huggingFace = kOlmo2Names,
                          .weights = kOlmo2Rows,
                          .build = buildOlmo2,
                          .ggufPairing = RopePairing::Halves,
                          .folderClasses = kOlmo2Classes};

}  // namespace core::model
