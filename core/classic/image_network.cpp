#include "core/classic/image_network.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/classic/float_matrix.h"
#include "core/classic/image_layers.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace core::classic {

namespace {

constexpr std::size_t kMaxSide = 256;

[[noreturn]] void throwInvalid(const std::string& tensor) {
  throw Error(ErrorCode::InvalidFile, "The shapes of this image network's layers do not follow from each other.",
              tensor);
}

/// NAME.weight and NAME.bias. @param weightRank extents of the weight
LayerWeights readLayer(const io::Checkpoint& checkpoint, const std::string& name, std::size_t weightRank) {
  const auto weight = quant::loadTensor(checkpoint, name + ".weight");
  const auto bias = quant::loadTensor(checkpoint, name + ".bias");
  const bool fits = weight->shape.rank() == weightRank && bias->shape.rank() == 1 && !weight->shape.isEmpty() &&
                    weight->shape[0] == bias->shape[0];
  if (!fits) throwInvalid(name);
  return {quant::dequantize(*weight), quant::dequantize(*bias)};
}

LayerWeights readConvolution(const io::Checkpoint& checkpoint, const std::string& name, std::size_t channels) {
  const auto& shape = checkpoint.tensors()[*checkpoint.find(name + ".weight")].shape;
  if (shape.rank() != 4 || shape[1] != channels || shape[2] != 3 || shape[3] != 3) throwInvalid(name);
  return readLayer(checkpoint, name, 4);
}

}  // namespace

ImageNetwork ImageNetwork::read(const io::Checkpoint& checkpoint) {
  ImageNetwork network;
  std::size_t channels = 1;
  for (std::size_t k = 0;; ++k) {
    const std::string name = "conv" + std::to_string(k);
    if (!checkpoint.find(name + ".weight")) break;
    network.convolutions.push_back(readConvolution(checkpoint, name, channels));
    channels = network.convolutions.back().outputs();
  }
  network.head = readLayer(checkpoint, "head", 2);
  std::size_t side = 1;
  while (side < kMaxSide && side * side * channels < network.head.inputs()) ++side;
  if (side * side * channels != network.head.inputs()) throwInvalid("head");
  for (std::size_t k = 0; k < network.convolutions.size(); ++k) side *= 2;
  if (side > kMaxSide) throwInvalid("head");
  network.side = side;
  return network;
}

ImageNetwork ImageNetwork::withWeights(const quant::Scheme& scheme) const {
  ImageNetwork changed = *this;
  const auto change = [&](LayerWeights& layer) {
    layer.weight = quant::dequantize(*quant::quantize(scheme, floatMatrix(layer.weight, layer.outputs())));
  };
  std::ranges::for_each(changed.convolutions, change);
  change(changed.head);
  return changed;
}

Activations ImageNetwork::run(std::span<const float> image) const {
  if (image.size() != side * side)
    throw Error(ErrorCode::InvalidArgument, "The image has another size than the network was trained for.");
  Activations flow;
  flow.inputs.emplace_back(image.begin(), image.end());
  std::size_t extent = side;
  for (const LayerWeights& layer : convolutions) {
    const auto sums = convolve3x3<float, float, float>(flow.inputs.back(), layer.weight, layer.bias, extent);
    flow.inputs.push_back(poolRelu2x2<float>(sums, extent));
    extent /= 2;
  }
  flow.logits = multiply<float, float, float>(flow.inputs.back(), head.weight, head.bias);
  return flow;
}

std::size_t ImageNetwork::parameters() const {
  std::size_t count = head.weight.size() + head.bias.size();
  for (const LayerWeights& layer : convolutions) count += layer.weight.size() + layer.bias.size();
  return count;
}

std::size_t bestClass(std::span<const float> logits) {
  return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
}

std::vector<double> probabilities(std::span<const float> logits) {
  const double largest = static_cast<double>(*std::ranges::max_element(logits));
  std::vector<double> out;
  double sum = 0.0;
  for (const float logit : logits) sum += out.emplace_back(std::exp(static_cast<double>(logit) - largest));
  for (double& probability : out) probability /= sum;
  return out;
}

}  // namespace core::classic
