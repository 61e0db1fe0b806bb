#include <fmt/format.h>

#include "core/base/error.h"
#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"
#include "core/model/pooling_settings.h"

namespace core::model {

namespace {

/// Names of folders are those of the bare encoder, in files of whole models behind "bert.".
constexpr std::array kBertRows{
    WeightRow{WeightKind::Embedding, "token_embd.weight", "bert.embeddings.word_embeddings.weight", Side::Vocabulary,
              Side::Width},
    optional({WeightKind::TokenTypes, "token_types.weight", "bert.embeddings.token_type_embeddings.weight",
              Side::TokenTypes, Side::Width}),
    WeightRow{WeightKind::Positions, "position_embd.weight", "bert.embeddings.position_embeddings.weight",
              Side::Positions, Side::Width},
    WeightRow{WeightKind::EmbeddingNorm, "token_embd_norm.weight", "bert.embeddings.LayerNorm.weight", Side::Width},
    WeightRow{WeightKind::EmbeddingNormBias, "token_embd_norm.bias", "bert.embeddings.LayerNorm.bias", Side::Width},
    WeightRow{WeightKind::Query, "attn_q.weight", "attention.self.query.weight", Side::Queries, Side::Width},
    WeightRow{WeightKind::QueryBias, "attn_q.bias", "attention.self.query.bias", Side::Queries},
    WeightRow{WeightKind::Key, "attn_k.weight", "attention.self.key.weight", Side::Keys, Side::Width},
    WeightRow{WeightKind::KeyBias, "attn_k.bias", "attention.self.key.bias", Side::Keys},
    WeightRow{WeightKind::Value, "attn_v.weight", "attention.self.value.weight", Side::Values, Side::Width},
    WeightRow{WeightKind::ValueBias, "attn_v.bias", "attention.self.value.bias", Side::Values},
    WeightRow{WeightKind::AttentionOutput, "attn_output.weight", "attention.output.dense.weight", Side::Width,
              Side::Attended},
    WeightRow{WeightKind::AttentionOutputBias, "attn_output.bias", "attention.output.dense.bias", Side::Width},
    WeightRow{WeightKind::AttentionPostNorm, "attn_output_norm.weight", "attention.output.LayerNorm.weight",
              Side::Width},
    WeightRow{WeightKind::AttentionPostNormBias, "attn_output_norm.bias", "attention.output.LayerNorm.bias",
              Side::Width},
    WeightRow{WeightKind::Up, "ffn_up.weight", "intermediate.dense.weight", Side::FeedForward, Side::Width},
    WeightRow{WeightKind::UpBias, "ffn_up.bias", "intermediate.dense.bias", Side::FeedForward},
    WeightRow{WeightKind::Down, "ffn_down.weight", "output.dense.weight", Side::Width, Side::FeedForward},
    WeightRow{WeightKind::DownBias, "ffn_down.bias", "output.dense.bias", Side::Width},
    WeightRow{WeightKind::FeedForwardPostNorm, "layer_output_norm.weight", "output.LayerNorm.weight", Side::Width},
    WeightRow{WeightKind::FeedForwardPostNormBias, "layer_output_norm.bias", "output.LayerNorm.bias", Side::Width},
};
/// Of the rows that are beside the blocks, which come first.
constexpr std::array<std::string_view, 5> kRobertaNames{
    "roberta.embeddings.word_embeddings.weight", "roberta.embeddings.token_type_embeddings.weight",
    "roberta.embeddings.position_embeddings.weight", "roberta.embeddings.LayerNorm.weight",
    "roberta.embeddings.LayerNorm.bias"};
constexpr auto kRobertaRows = [] {
  auto rows = kBertRows;
  for (std::size_t i = 0; i < kRobertaNames.size(); ++i) rows[i].huggingFace = kRobertaNames[i];
  return rows;
}();

constexpr std::array<std::string_view, 1> kBertNames{"bert"};
constexpr std::array<std::string_view, 2> kRobertaTypes{"roberta", "xlm-roberta"};
constexpr std::array<std::string_view, 1> kBertClasses{"BertModel"};
constexpr std::array<std::string_view, 2> kRobertaClasses{"RobertaModel", "XLMRobertaModel"};
constexpr std::array<std::string_view, 2> kBertKeys{"attention.causal", "pooling_type"};
constexpr std::array<std::string_view, 1> kBertFolderKeys{"hidden_act"};
constexpr SizeNames kBertSizes = [] {
  SizeNames names = kFolderSizes;
  names.normEpsilon = "layer_norm_eps";
  names.kvHeads = names.headSize = names.ropeBase = nullptr;
  return names;
}();
constexpr ConfigDefaults kBertDefaults{512, 12, {}, {}, 1e-12F, 10000.0F};
constexpr std::uint32_t kMostTypes = 1U << 10U;
constexpr std::uint32_t kRobertaPadding = 1;
constexpr const char* kTokenTypeCount = "tokenizer.ggml.token_type_count";  // of GGUF files

void readBertFile(const ConfigKeys& keys, ModelConfig& config) {
  config.isRotated.assign(config.layers, 0);
  config.hasExactGelu = true;
  config.tokenTypes = keys.limits().integer(kTokenTypeCount, 2, 1, kMostTypes);
  if (keys.flag("attention.causal", false))
    throw Error(ErrorCode::Unsupported,
                fmt::format("Its tokens see only those before them ({}), which cannot be computed yet.",
                            keys("attention.causal")),
                keys("attention.causal"));
  config.pooling = poolingOfFile(keys);
}

/// What hidden_act calls the activation. @throws Error (Unsupported)
bool isExactGelu(const ConfigKeys& keys) {
  const std::string name = keys.metadata().string(keys("hidden_act")).value_or("gelu");
  if (name == "gelu") return true;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return false;
  throw Error(ErrorCode::Unsupported,
              fmt::format("Its activation is {} ({}), which cannot be computed yet.", name, keys("hidden_act")),
              keys("hidden_act"));
}

void readBertFolder(const ConfigKeys& keys, ModelConfig& config) {
  config.isRotated.assign(config.layers, 0);
  config.tokenTypes = keys.integer("type_vocab_size", 2, 1, kMostTypes);
  config.hasExactGelu = isExactGelu(keys);
  if (keys.metadata().string(keys("position_embedding_type")).value_or("absolute") != "absolute" ||
      keys.flag("is_decoder", false))
    throw Error(
        ErrorCode::Unsupported,
        fmt::format("Its positions are not absolute ones ({}) or it is a decoder ({}), which cannot be computed "
                    "yet.",
                    keys("position_embedding_type"), keys("is_decoder")),
        keys("position_embedding_type"));
}

/// Positions of its table begin behind the number of the padding token.
void readRobertaFolder(const ConfigKeys& keys, ModelConfig& config) {
  readBertFolder(keys, config);
  config.firstPosition = keys.integer("pad_token_id", kRobertaPadding, 0, ModelConfig::kMaxContext) + 1;
  if (config.firstPosition >= config.contextLength)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("Of {} positions ({}) none is left behind the padding token {} ({}).", config.contextLength,
                            keys("max_position_embeddings"), config.firstPosition - 1, keys("pad_token_id")),
                keys("pad_token_id"));
  config.contextLength -= config.firstPosition;
}

void writeBertFile(const ModelConfig& config, ConfigWriter& writer) {
  writer.flag("attention.causal", false);
  writer.integer("pooling_type", ggufNumber(config.pooling));
  writer.integerBeside(kTokenTypeCount, config.tokenTypes);
}

/// Of either: a GGUF file, which has the rows of its positions from the first one on, is written as a BERT's folder.
void writeBertFolder(const ModelConfig& config, ConfigWriter& writer) {
  writer.text("hidden_act", config.hasExactGelu ? "gelu" : "gelu_pytorch_tanh");
  writer.integer("type_vocab_size", config.tokenTypes);
  writer.text("position_embedding_type", "absolute");
}

/// What stands behind the encoder for one task or another, and a list of numbers.
bool isBehindEncoder(const ModelConfig& /*config*/, io::FileFormat /*format*/, std::string_view name) {
  for (const std::string_view outer : {"bert.", "roberta."})
    if (name.starts_with(outer)) name.remove_prefix(outer.size());
  for (const std::string_view part :
       {"pooler.", "cls.", "lm_head.", "classifier.", "qa_outputs.", "embeddings.position_ids"})
    if (name.starts_with(part)) return true;
  return false;
}

Graph buildBert(const ModelConfig& config, const ModelWeights& weights) {
  DecoderParts parts(config, weights);
  const Map gelu{config.hasExactGelu ? Map::Function::GeluErf : Map::Function::GeluTanh};
  ValueId x = parts.embed();
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    x = parts.add("attn_residual", layer, x, parts.mixer(layer, x));
    x = parts.norm("attn_post_norm", layer, WeightKind::AttentionPostNorm, x);
    const ValueId up = parts.project("ffn_up", layer, x, WeightKind::Up, WeightKind::UpBias);
    const ValueId hidden = parts.builder().map(fmt::format("blk.{}.ffn_hidden", layer), up, gelu);
    x = parts.add("ffn_residual", layer, x,
                  parts.project("ffn_down", layer, hidden, WeightKind::Down, WeightKind::DownBias));
    if (layer + 1 == config.layers) x = parts.builder().takeRows("last_residual", x);
    x = parts.norm("ffn_post_norm", layer, WeightKind::FeedForwardPostNorm, x);
  }
  return parts.take();
}

}  // namespace

// An encoder: learned positions, types of tokens, norms of what runs through, tokens that see the whole text. Its
// result is a row of each token, which are pooled (embedding.h). Source: BertConfig and BertModel of transformers
// (Devlin et al. 2019); llama.cpp's bert.
const Architecture kBert{.gguf = kBertNames,
                         .huggingFace = kBertNames,
                         .weights = kBertRows,
                         .build = buildBert,
                         .ggufPairing = RopePairing::Halves,
                         .folderClasses = kBertClasses,
                         .folderPresence = {},
                         .folderDefaults = kBertDefaults,
                         .ggufKeys = kBertKeys,
                         .folderKeys = kBertFolderKeys,
                         .readGguf = readBertFile,
                         .readFolder = readBertFolder,
                         .writeGguf = writeBertFile,
                         .writeFolder = writeBertFolder,
                         .folderBlocks = "bert.encoder.layer.",
                         .hasLayerNorms = true,
                         .folderSizes = kBertSizes,
                         .ignores = isBehindEncoder,
                         .isEncoder = true};
const Architecture kRoberta{.gguf = kBertNames,
                            .huggingFace = kRobertaTypes,
                            .weights = kRobertaRows,
                            .build = buildBert,
                            .ggufPairing = RopePairing::Halves,
                            .folderClasses = kRobertaClasses,
                            .folderPresence = {},
                            .folderDefaults = kBertDefaults,
                            .ggufKeys = kBertKeys,
                            .folderKeys = kBertFolderKeys,
                            .readGguf = readBertFile,
                            .readFolder = readRobertaFolder,
                            .writeGguf = writeBertFile,
                            .writeFolder = writeBertFolder,
                            .folderBlocks = "roberta.encoder.layer.",
                            .hasLayerNorms = true,
                            .folderSizes = kBertSizes,
                            .ignores = isBehindEncoder,
                            .isEncoder = true};

}  // namespace core::model
