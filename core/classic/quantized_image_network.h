#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/classic/activation_ranges.h"
#include "core/classic/image_network.h"

namespace core::classic {

/// An image network in integers. For every layer, with the input's scale S and zero-point Z and the scales W[o] of the
/// weights' codes w:
///
///   a      = code − Z of every input            (the activation rule's bits)
///   sum[o] = Σ a · w + round(bias[o] / (S · W[o]))   in 32-bit integers
///   real   = S · W[o] · sum[o]                  (float32)
///
/// ReLU and pooling act on the sums. The real numbers are quantized again for the next layer, under its grid or, for
/// dynamic ranges, under the range they have; those of the head are the logits. A machine without floating point puts
/// S · W[o] / S' into one fixed-point factor (Jacob et al.: Quantization and Training of Neural Networks for Efficient
/// Integer-Arithmetic-Only Inference, CVPR 2018); the sums are the same.
class QuantizedImageNetwork {
 public:
  /// @param weights integers without zero-point, a scale per row or one per tensor: "int8", "int4:group=row", …
  /// @param rule of the activations, its bits at most 8  @param samples images that calibrate it
  /// @throws Error (Unsupported) for other schemes, wider activations and layers whose sums exceed 32 bits,
  ///         (InvalidArgument) as activationGrids
  QuantizedImageNetwork(const ImageNetwork& network, const quant::Scheme& weights, const ActivationRule& rule,
                        std::span<const std::vector<float>> samples);

  /// @param image [side, side] @throws Error (InvalidArgument) for another size
  Activations run(std::span<const float> image) const;
  /// The grids of the layers' inputs; empty when they are dynamic.
  const std::vector<AffineGrid>& grids() const { return m_grids; }

 private:
  struct Layer {
    std::vector<std::int8_t> codes;  ///< [out, in]
    std::vector<float> scales;       ///< [out]
    std::vector<float> bias;         ///< [out]
  };
  Layer quantizeLayer(const LayerWeights& layer, const quant::Scheme& scheme) const;
  AffineGrid gridOf(std::size_t layer, std::span<const float> values) const;
  static std::vector<std::int32_t> integerBias(const Layer& layer, float inputScale);
  static std::vector<float> realValues(std::span<const std::int32_t> sums, const Layer& layer, float inputScale);

  std::vector<Layer> m_layers;  ///< the last is the head
  std::vector<AffineGrid> m_grids;
  ActivationRule m_rule;
  std::size_t m_side;
};

}  // namespace core::classic
