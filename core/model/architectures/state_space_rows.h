#pragma once
#include "core/model/architectures/architecture.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/architectures/recurrent_parts.h"

namespace core::model {

// What models with state spaces (Mamba-2) have in common, alone or beside attention.

/// What a folder calls the weights of such a layer.
struct StateSpaceNames {
  std::string_view input, convolution, convolutionBias, stepBias, factor, skip, norm, output;
};
/// GGUF files keep three of them with a second side, of 1 or of groups.
constexpr std::array<WeightRow, 11> stateSpaceRows(const StateSpaceNames& folder) {
  return ofRecurrentLayers(std::array{
      WeightRow{WeightKind::RecurrentInput, "ssm_in.weight", folder.input, Side::StateSpaceInput, Side::Width},
      withMiddle({WeightKind::Convolution, "ssm_conv1d.weight", folder.convolution, Side::RecurrentMixed, Side::Taps}),
      WeightRow{WeightKind::ConvolutionBias, "ssm_conv1d.bias", folder.convolutionBias, Side::RecurrentMixed,
                Side::None, false},
      WeightRow{WeightKind::DecayBias, "ssm_dt.bias", folder.stepBias, Side::RecurrentHeads},
      WeightRow{WeightKind::DecayFactor, "ssm_a", "", Side::RecurrentHeads, Side::One},
      logarithm({WeightKind::DecayFactor, "", folder.factor, Side::RecurrentHeads}),
      WeightRow{WeightKind::Skip, "ssm_d", "", Side::RecurrentHeads, Side::One},
      WeightRow{WeightKind::Skip, "", folder.skip, Side::RecurrentHeads},
      WeightRow{WeightKind::RecurrentNorm, "ssm_norm.weight", "", Side::RecurrentGroups, Side::RecurrentGroupWidth},
      WeightRow{WeightKind::RecurrentNorm, "", folder.norm, Side::RecurrentValues},
      WeightRow{WeightKind::RecurrentOutput, "ssm_out.weight", folder.output, Side::Width, Side::RecurrentValues}});
}

inline constexpr std::array<std::string_view, 5> kStateSpaceKeys{"ssm.conv_kernel", "ssm.state_size", "ssm.group_count",
                                                                 "ssm.time_step_rank", "ssm.inner_size"};

/// @throws Error (InvalidFile) naming key and value
void readStateSpaceFile(const ConfigKeys& keys, ModelConfig& config);

/// Flags of biases of the projections, which cannot be computed, and of the convolution, which can.
struct StateSpaceBiases {
  const char *projections, *convolution;
};
/// @param headSize, expand names of the size of a head, and of how many times the width all heads have together
/// @throws Error (InvalidFile, Unsupported)
void readStateSpaceFolder(const ConfigKeys& keys, const RecurrentNames& names, const char* headSize, const char* expand,
                          const StateSpaceBiases& biases, const RecurrentSizes& defaults, ModelConfig& config);
/// Says it by the same names.
void writeStateSpaceFolder(const ModelConfig& config, const RecurrentNames& names, const char* headSize,
                           const char* expand, const StateSpaceBiases& biases, ConfigWriter& writer);
/// @throws Error (Unsupported) where steps are held within limits
void refuseTimeLimits(const ConfigKeys& keys);

}  // namespace core::model
