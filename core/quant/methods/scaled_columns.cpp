#include "core/quant/methods/scaled_columns.h"

#include "core/quant/methods/finite_weights.h"
#include "core/quant/quantizer.h"

namespace core::quant {

Scheme roundingOnly(const Scheme& scheme) {
  Scheme rounding = scheme;
  rounding.method = Method();
  rounding.method.range = scheme.method.range;
  rounding.method.percentile = scheme.method.percentile;
  if (rounding.format.name != FormatName::LlmInt8) rounding.activations = Activations();
  return rounding;
}

std::vector<float> multiplied(std::span<const float> weights, std::span<const float> scales) {
  std::vector<float> result(weights.begin(), weights.end());
  for (std::size_t at = 0; at < result.size(); at += scales.size())
    for (std::size_t c = 0; c < scales.size(); ++c) result[at + c] *= scales[c];
  return result;
}

void divide(std::span<float> weights, std::span<const float> scales) {
  for (; !weights.empty(); weights = weights.subspan(scales.size()))
    for (std::size_t c = 0; c < scales.size(); ++c) weights[c] /= scales[c];
}

std::vector<float> roundTrip(const std::vector<float>& values, const tensor::Shape& shape, const Scheme& rounding,
                             const JobContext& job) {
  return dequantize(*quantize(rounding, tensorOf(values, shape), job), job);
}

}  // namespace core::quant
