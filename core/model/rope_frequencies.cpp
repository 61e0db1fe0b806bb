#include "core/model/config.h"

#include <fmt/format.h>

#include <algorithm>
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

/// Yarn: at which pair a wave turns so often within the original context.
double pairOfTurns(double turns, const ModelConfig& config) {
  const double context = config.ropeOriginalContext, base = config.ropeBase;
  return config.ropeDimensions * std::log(context / (turns * 2.0 * std::numbers::pi)) / (2.0 * std::log(base));
}

/// Yarn: fast waves are kept, slow ones stretched, those between blended by their number.
class YarnBlend {
 public:
  explicit YarnBlend(const ModelConfig& config)
      : m_factor(config.ropeFactor),
        m_first(pairOfTurns(config.ropeFastTurns, config)),
        m_last(pairOfTurns(config.ropeSlowTurns, config)) {
    if (config.hasWholeRopeBounds) {
      m_first = std::floor(m_first);
      m_last = std::ceil(m_last);
    }
    m_first = std::max(m_first, 0.0);
    m_last = std::min(m_last, config.ropeDimensions - 1.0);
  }
  double operator()(double frequency, std::size_t pair) const {
    const double share = (static_cast<double>(pair) - m_first) / std::max(m_last - m_first, 0.001);
    const double stretched = std::clamp(share, 0.0, 1.0);
    return frequency / m_factor * stretched + frequency * (1.0 - stretched);
  }

 private:
  double m_factor, m_first, m_last;
};

}  // namespace

std::vector<float> ModelConfig::ropeFrequencies(const std::vector<float>& factorsOfFile) const {
  const std::size_t pairs = ropeDimensions / 2;
  const auto& ofConfig = isBeyondOriginal() ? ropeLongFactors : ropeShortFactors;
  const std::vector<float>& frequencyFactors = factorsOfFile.empty() ? ofConfig : factorsOfFile;
  const YarnBlend blended(*this);
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
    if (ropeScaling == RopeScaling::Yarn) frequency = blended(frequency, pair);
    const bool turns = ropeTurnedPairs == 0 || pair < ropeTurnedPairs;
    frequencies[pair] = turns ? static_cast<float>(frequency) : 0.0F;
  }
  return frequencies;
}

std::vector<float> ModelConfig::ropeWindowFrequencies() const {
  ModelConfig plain = *this;
  plain.ropeBase = ropeWindowBase;
  plain.ropeScaling = RopeScaling::None;
  plain.ropeTurnedPairs = 0;
  if (windowHeadSize != 0) plain.ropeDimensions = windowHeadSize;
  plain.ropeShortFactors.clear();
  plain.ropeLongFactors.clear();
  return plain.ropeFrequencies();
}

}  // namespace core::model
