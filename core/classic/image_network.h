#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/quant/scheme.h"

namespace core::classic {

/// Weights of one layer as a matrix: [out, in], of a convolution [out channels, channels · 9].
struct LayerWeights {
  std::vector<float> weight;
  std::vector<float> bias;  ///< [out]
  std::size_t outputs() const { return bias.size(); }
  std::size_t inputs() const { return weight.size() / bias.size(); }
};

/// What flows through a network for one image.
struct Activations {
  std::vector<std::vector<float>> inputs;  ///< of every layer: the image, then what ReLU and pooling left
  std::vector<float> logits;
};

/// A small network for square images of one channel: convolutions (3 × 3 with a rim of zeros, ReLU, largest of 2 × 2),
/// then one dense layer. Computes in float32.
struct ImageNetwork {
  std::vector<LayerWeights> convolutions;
  LayerWeights head;
  std::size_t side = 0;  ///< of the image

  /// From tensors conv0.weight [out, in, 3, 3], conv0.bias [out], conv1…, head.weight [classes, features], head.bias.
  /// @throws Error (InvalidFile) when shapes do not follow from each other, (NotFound) without a head
  static ImageNetwork read(const io::Checkpoint& checkpoint);
  /// The same with every weight quantized by a scheme and decoded again, as the rows of [out, in]: what a weight-only
  /// scheme leaves. Biases stay. @throws Error as quant::quantize
  ImageNetwork withWeights(const quant::Scheme& scheme) const;

  /// @param image [side, side] @throws Error (InvalidArgument) for another size
  Activations run(std::span<const float> image) const;
  std::size_t parameters() const;
};

/// The class with the largest logit; of equals the first.
std::size_t bestClass(std::span<const float> logits);
/// Probabilities of the classes: softmax of the logits.
std::vector<double> probabilities(std::span<const float> logits);

}  // namespace core::classic
