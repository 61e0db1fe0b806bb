#include "core/classic/quantized_image_network.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/classic/float_matrix.h"
#include "core/classic/image_layers.h"
#include "core/quant/bit_stream.h"
#include "core/quant/quantizer.h"

namespace core::classic {

namespace {

/// What a sum and its bias may each reach, so that both together stay below 2^31.
constexpr std::int32_t kLargestPart = 1 << 30;
/// |a| ≤ 255, |w| ≤ 127.
constexpr std::size_t kMaxInputs = kLargestPart / (255 * 127);

/// What one unit of a sum is worth. A scale of 0 belongs to codes that are all 0: what they are multiplied by is free.
double unitOf(float inputScale, float weightScale) {
  const double input = inputScale == 0.0F ? 1.0 : static_cast<double>(inputScale);
  return weightScale == 0.0F ? input : input * static_cast<double>(weightScale);
}

std::vector<std::int32_t> levelsOf(const AffineGrid& grid, std::span<const float> values) {
  std::vector<std::int32_t> out(values.size());
  std::ranges::transform(values, out.begin(), [&](float x) { return grid.level(x); });
  return out;
}

}  // namespace

QuantizedImageNetwork::QuantizedImageNetwork(const ImageNetwork& network, const quant::Scheme& weights,
                                             const ActivationRule& rule, std::span<const std::vector<float>> samples)
    : m_grids(activationGrids(network, rule, samples)), m_rule(rule), m_side(network.side) {
  if (rule.bits > 8)
    throw Error(ErrorCode::Unsupported, "The integer image network takes activations of at most 8 bits.");
  for (const LayerWeights& layer : network.convolutions) m_layers.push_back(quantizeLayer(layer, weights));
  m_layers.push_back(quantizeLayer(network.head, weights));
}

QuantizedImageNetwork::Layer QuantizedImageNetwork::quantizeLayer(const LayerWeights& layer,
                                                                  const quant::Scheme& scheme) const {
  const std::size_t rows = layer.outputs(), columns = layer.inputs();
  if (columns > kMaxInputs)
    throw Error(ErrorCode::Unsupported, "The sums of a layer with so many inputs exceed 32-bit integers.");
  const auto quantized = quant::quantize(scheme, floatMatrix(layer.weight, rows));
  const auto* codes = quantized->as<quant::Uniform>();
  const bool fits =
      codes != nullptr && codes->zeroPoints.empty() && (codes->scales.size() == rows || codes->scales.size() == 1);
  if (!fits)
    throw Error(
        ErrorCode::Unsupported,
        "The integer image network takes weights as integers without a zero-point, under a scale per row or one "
        "per tensor; " +
            scheme.toString() + " is none of them.");
  Layer out{{}, codes->scales, layer.bias};
  out.scales.resize(rows, codes->scales.front());
  out.codes.reserve(rows * columns);
  quant::CodeRows packed(quantized->payload, codes->bits, columns);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::uint8_t* row = packed.at(r);
    for (std::size_t c = 0; c < columns; ++c)
      out.codes.push_back(static_cast<std::int8_t>(static_cast<std::int32_t>(row[c]) + codes->qmin));
  }
  return out;
}

AffineGrid QuantizedImageNetwork::gridOf(std::size_t layer, std::span<const float> values) const {
  if (!m_rule.isDynamic()) return m_grids[layer];
  return AffineGrid::spanning(m_rule.bits, quant::ZeroPoint::On, rangeOf(values));
}

std::vector<std::int32_t> QuantizedImageNetwork::integerBias(const Layer& layer, float inputScale) {
  std::vector<std::int32_t> out;
  constexpr double kLargest = kLargestPart;
  for (std::size_t o = 0; o < layer.bias.size(); ++o) {
    const double units = std::nearbyint(static_cast<double>(layer.bias[o]) / unitOf(inputScale, layer.scales[o]));
    out.push_back(static_cast<std::int32_t>(std::clamp(units, -kLargest, kLargest)));
  }
  return out;
}

std::vector<float> QuantizedImageNetwork::realValues(std::span<const std::int32_t> sums, const Layer& layer,
                                                     float inputScale) {
  const std::size_t each = sums.size() / layer.scales.size();
  std::vector<float> out(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i)
    out[i] = static_cast<float>(unitOf(inputScale, layer.scales[i / each]) * static_cast<double>(sums[i]));
  return out;
}

Activations QuantizedImageNetwork::run(std::span<const float> image) const {
  if (image.size() != m_side * m_side)
    throw Error(ErrorCode::InvalidArgument, "The image has another size than the network was trained for.");
  Activations flow;
  flow.inputs.emplace_back(image.begin(), image.end());
  std::size_t extent = m_side;
  for (std::size_t k = 0; k < m_layers.size(); ++k) {
    const Layer& layer = m_layers[k];
    const AffineGrid grid = gridOf(k, flow.inputs.back());
    const std::vector<std::int32_t> levels = levelsOf(grid, flow.inputs.back()), bias = integerBias(layer, grid.scale);
    if (k + 1 == m_layers.size()) {
      const auto sums = multiply<std::int32_t, std::int32_t, std::int8_t>(levels, layer.codes, bias);
      flow.logits = realValues(sums, layer, grid.scale);
      break;
    }
    const auto sums = convolve3x3<std::int32_t, std::int32_t, std::int8_t>(levels, layer.codes, bias, extent);
    flow.inputs.push_back(realValues(poolRelu2x2<std::int32_t>(sums, extent), layer, grid.scale));
    extent /= 2;
  }
  return flow;
}

}  // namespace core::classic
