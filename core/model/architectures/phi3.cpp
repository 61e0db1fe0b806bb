#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

namespace core::model {

namespace {

constexpr std::array kPhi3Own{
    WeightRow{WeightKind::QueryKeyValue, "attn_qkv.weight", "self_attn.qkv_proj.weight", Side::QueriesKeysValues,
              Side::Width},
    WeightRow{WeightKind::RopeShortFactors, "rope_factors_short.weight", "", Side::RopePairs, Side::None, false},
    WeightRow{WeightKind::RopeLongFactors, "rope_factors_long.weight", "", Side::RopePairs, Side::None, false},
    WeightRow{WeightKind::GateUp, "ffn_up.weight", "mlp.gate_up_proj.weight", Side::GateUp, Side::Width}};
constexpr auto kPhi3Rows = joined(
    withoutAll(kDecoderRows, std::array{WeightKind::Query, WeightKind::QueryBias, WeightKind::Key, WeightKind::KeyBias,
                                        WeightKind::Value, WeightKind::ValueBias, WeightKind::Gate, WeightKind::Up}),
    kPhi3Own);
constexpr std::array<std::string_view, 1> kPhi3Names{"phi3"};
constexpr std::array<std::string_view, 1> kPhi3Classes{"Phi3ForCausalLM"};
constexpr std::array<std::string_view, 2> kPhi3FolderKeys{"original_max_position_embeddings",
                                                          "rope_parameters.partial_rotary_factor"};
constexpr std::array kPhi3Config{
    ConfigRow{"", "sliding_window", &ModelConfig::slidingWindow, 0, ModelConfig::kMaxContext},
    ConfigRow{"", "partial_rotary_factor", &ModelConfig::ropeDimensions, 1e-3F, 1, 1, 1, ConfigForm::ShareOfHead}};

/// The share of rope_parameters stands in a row, too.
void rowsSayAll(const ModelConfig& /*config*/, ConfigWriter& /*writer*/) {}

}  // namespace

// As Llama; queries, keys and values are one matrix, gate and up another; part of a head may be rotated.
// Source: Phi3Config of transformers; llama.cpp's phi3.
const Architecture kPhi3{.gguf = kPhi3Names,
                         .huggingFace = kPhi3Names,
                         .weights = kPhi3Rows,
                         .build = buildPreNormDecoder,
                         .ggufPairing = RopePairing::Halves,
                         .folderClasses = kPhi3Classes,
                         .folderPresence = {},
                         .config = kPhi3Config,
                         .folderKeys = kPhi3FolderKeys,
                         .readFolder = readRotatedShare,
                         .writeFolder = rowsSayAll};

}  // namespace core::model
