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
constexpr std::array<std::string_view, 3> kPhi3FolderKeys{
    "partial_rotary_factor", "rope_parameters.partial_rotary_factor", "original_max_position_embeddings"};

void readPhi3Folder(const ConfigKeys& keys, ModelConfig& config) {
  config.slidingWindow = keys.integer("sliding_window", 0, 0, ModelConfig::kMaxContext);
  const float outer = keys.real("partial_rotary_factor", 1.0F, 1e-3F, 1.0F);
  const float share = keys.real("rope_parameters.partial_rotary_factor", outer, 1e-3F, 1.0F);
  config.ropeDimensions = static_cast<std::uint32_t>(static_cast<float>(config.headSize) * share) / 2 * 2;
}

}  // namespace

// As Llama; queries, keys and values are one matrix, gate and up another; part of a head may be rotated.
// Source: Phi3Config of transformers; llama.cpp's phi3.
const Architecture kPhi3{.gguf = kPhi3Names,
                         .huggingFace = kPhi3Names,
                         .weights = kPhi3Rows,
                         .build = buildPreNormDecoder,
                         .ggufPairing = RopePairing::Halves,
                         .folderKeys = kPhi3FolderKeys,
                         .readFolder = readPhi3Folder};

}  // namespace core::model
