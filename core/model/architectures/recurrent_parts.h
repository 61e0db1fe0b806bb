#pragma once
#include "core/model/architectures/architecture.h"
#include "core/model/architectures/decoder_parts.h"

namespace core::model {

// What takes the place of attention in layers that keep a state (Architecture::recurrentPart).

/// Wout · (C ∘ conv(B ∘ x)), [B, C, x] = Win · in (LFM2).
ValueId shortConvolution(DecoderParts& parts, std::uint32_t layer, ValueId in);
/// The gated delta rule behind a convolution, its result normed and gated: Wout · (norm(S) ∘ silu(Wz · in)) (Yang et
/// al. 2024, Qwen 3.5).
ValueId gatedDeltaNet(DecoderParts& parts, std::uint32_t layer, ValueId in);
/// A state space behind a convolution, its result gated and normed: Wout · norm((S + D ∘ x) ∘ silu(z)) (Dao and Gu
/// 2024, Mamba-2).
ValueId stateSpace(DecoderParts& parts, std::uint32_t layer, ValueId in);

inline constexpr std::uint32_t kMostTaps = 32;  ///< of a convolution

/// Limits of sizes of such layers, by their names in files. @throws Error (InvalidFile) naming key and value
struct RecurrentNames {
  const char *taps, *heads, *keyHeads, *keySize;
};
/// All but the size of values. Keys are at most 256 wide: devices hold a column of a state in registers.
void readRecurrent(const ConfigKeys& keys, const RecurrentNames& names, const RecurrentSizes& defaults,
                   ModelConfig& config);
inline constexpr RecurrentNames kGgufRecurrent{"ssm.conv_kernel", "ssm.time_step_rank", "ssm.group_count",
                                               "ssm.state_size"};

/// Which layers keep a state, as a folder lists them. @return whether it does
/// @throws Error (Unsupported) for a layer that is of neither kind, (InvalidFile) for another number of layers
bool readLayerKinds(const ConfigKeys& keys, std::string_view recurrent, std::string_view attention,
                    ModelConfig& config);

/// Says it so. @pre isRecurrent is known
void writeLayerKinds(std::string_view recurrent, std::string_view attention, const ModelConfig& config,
                     ConfigWriter& writer);

template <std::size_t N>
constexpr std::array<WeightRow, N> ofRecurrentLayers(std::array<WeightRow, N> rows) {
  for (WeightRow& row : rows) row.layers = LayerKind::Recurrent;
  return rows;
}

/// What attention has is not in layers that keep a state.
template <std::size_t N>
constexpr std::array<WeightRow, N> withAttentionInSomeLayers(std::array<WeightRow, N> rows) {
  for (WeightRow& row : rows)
    if (row.gguf.starts_with("attn_") && row.kind != WeightKind::AttentionNorm) row.layers = LayerKind::Attention;
  return rows;
}

}  // namespace core::model
