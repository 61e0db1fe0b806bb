#include "core/metrics/clip_curve.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/quant/quantizer.h"

namespace core::metrics {

ClipRange clipRange(const quant::Scheme& scheme, std::span<const float> values, double clip) {
  ClipRange range;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  if (scheme.format.zeroPoint == quant::ZeroPoint::Off) {
    range.high = std::max(range.high, -range.low);
    range.low = -range.high;
  }
  return {static_cast<float>(static_cast<double>(range.low) * clip),
          static_cast<float>(static_cast<double>(range.high) * clip)};
}

std::vector<ClipCost> clipCurve(const quant::Scheme& scheme, const quant::QuantizedTensor& source,
                                const quant::FlatRange& block, std::span<const double> clips, const JobContext& job) {
  auto values = std::make_shared<std::vector<float>>(quant::dequantize(source, job));
  const std::vector<float> original(values->begin() + static_cast<std::ptrdiff_t>(block.first),
                                    values->begin() + static_cast<std::ptrdiff_t>(block.first + block.count));
  const quant::QuantizedTensor clipped = tensor::TensorView{source.name, tensor::DType::F32, source.shape,
                                                            std::as_bytes(std::span<const float>(*values)), values};
  std::vector<float> decoded(original.size());
  std::vector<ClipCost> curve;
  for (const double clip : clips) {
    job.throwIfCancelled();
    const ClipRange range = clipRange(scheme, original, clip);
    std::transform(original.begin(), original.end(), values->begin() + static_cast<std::ptrdiff_t>(block.first),
                   [&](float value) { return std::isnan(value) ? value : std::clamp(value, range.low, range.high); });
    quant::decode(*quant::quantize(scheme, clipped, job), block.first, block.count, decoded.data());
    ClipCost cost;
    cost.clip = clip;
    double finite = 0;
    for (std::size_t i = 0; i < original.size(); ++i) {
      if (!std::isfinite(original[i])) continue;
      const double error = static_cast<double>(decoded[i]) - static_cast<double>(original[i]);
      (original[i] < range.low || original[i] > range.high ? cost.clipping : cost.rounding) += error * error;
      finite += 1;
    }
    if (finite > 0) cost.rounding /= finite, cost.clipping /= finite;
    curve.push_back(cost);
  }
  return curve;
}

}  // namespace core::metrics
