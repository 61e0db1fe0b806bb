#include "core/model/config.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "core/base/error.h"

namespace core::model {

namespace {

/// Llama 3.1's rule: wavelengths beyond the original context are stretched by `factor`, short ones are kept, those
/// between are blended.
double llama3Scaled(double frequency, const ModelConfig& config) {
  const double wavelength = 2.0 * std::numbers::pi / frequency;
  const double context = config.ropeOriginalContext;
  if (wavelength < context / config.ropeHighFrequencyFactor) return frequency;
  if (wavelength > context / config.ropeLowFrequencyFactor) return frequency / config.ropeFactor;
  const double smooth = (context / wavelength - config.ropeLowFrequencyFactor) /
                        (config.ropeHighFrequencyFactor - config.ropeLowFrequencyFactor);
  return (1.0 - smooth) * frequency / config.ropeFactor + smooth * frequency;
}

}  // namespace

std::vector<float> ModelConfig::ropeFrequencies(const std::vector<float>& frequencyFactors) const {
  const std::size_t pairs = ropeDimensions / 2;
  if (!frequencyFactors.empty() && frequencyFactors.size() != pairs) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("There should be {} frequency factors, one per pair, but there are {}.", pairs,
                            frequencyFactors.size()),
                "rope_freqs.weight");
  }
  std::vector<float> frequencies(pairs);
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    double frequency = std::pow(static_cast<double>(ropeBase), -2.0 * static_cast<double>(pair) / ropeDimensions);
    if (!frequencyFactors.empty()) {
      if (!(frequencyFactors[pair] > 0.0F) || !std::isfinite(frequencyFactors[pair])) {
        throw Error(
            ErrorCode::InvalidFile,
            fmt::format("Frequency factors should be positive, but number {} is {}.", pair, frequencyFactors[pair]),
            "rope_freqs.weight");
      }
      frequency /= frequencyFactors[pair];  // the factors already contain the Llama 3 rule
    } else if (ropeScaling == RopeScaling::Llama3) {
      frequency = llama3Scaled(frequency, *this);
    }
    if (ropeScaling == RopeScaling::Linear) frequency /= ropeFactor;
    frequencies[pair] = static_cast<float>(frequency);
  }
  return frequencies;
}

std::vector<float> ModelConfig::ropeWindowFrequencies() const {
  ModelConfig plain = *this;
  plain.ropeBase = ropeWindowBase;
  plain.ropeScaling = RopeScaling::None;
  return plain.ropeFrequencies();
}

}  // namespace core::model
