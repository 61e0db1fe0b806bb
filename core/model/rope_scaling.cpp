#include "core/model/rope_scaling.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "core/base/error.h"

namespace core::model {

namespace {

/// How many times longer every wave is; 1 when the file does not say, or says 0.
float readFactor(const MetadataLimits& limits, const io::Metadata& metadata) {
  const bool isNew = metadata.find("llama.rope.scaling.factor") != nullptr;
  const char* key = isNew ? "llama.rope.scaling.factor" : "llama.rope.scale_linear";
  const float factor = limits.real(key, 1.0F, 0.0F, 1e4F);
  return factor == 0.0F ? 1.0F : limits.real(key, 1.0F, 1e-3F, 1e4F);
}

void readLlama3(const MetadataLimits& limits, ModelConfig& config) {
  config.ropeOriginalContext = limits.integer("llama.rope.scaling.original_context_length", config.ropeOriginalContext,
                                              1, ModelConfig::kMaxContext);
  config.ropeLowFrequencyFactor = limits.real("llama.rope.scaling.low_freq_factor", 1.0F, 1e-3F, 1e4F);
  config.ropeHighFrequencyFactor = limits.real("llama.rope.scaling.high_freq_factor", 4.0F, 1e-3F, 1e4F);
  if (config.ropeHighFrequencyFactor <= config.ropeLowFrequencyFactor) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The high frequency factor ({}) should be greater than the low one ({}).",
                            config.ropeHighFrequencyFactor, config.ropeLowFrequencyFactor),
                "llama.rope.scaling.high_freq_factor");
  }
}

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

bool isKnownScaling(std::string_view type) { return type == "none" || type == "linear" || type == "llama3"; }

void readRope(const MetadataLimits& limits, const io::Metadata& metadata, ModelConfig& config) {
  config.ropeBase = limits.real("llama.rope.freq_base", 10000.0F, 1.0F, 1e12F);
  config.ropeDimensions = limits.integer("llama.rope.dimension_count", config.headSize, 2, config.headSize);
  if (config.ropeDimensions % 2 != 0) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of rotated dimensions should be even, but is {}.", config.ropeDimensions),
                "llama.rope.dimension_count");
  }
  config.ropeFactor = readFactor(limits, metadata);
  const std::string type = metadata.string("llama.rope.scaling.type").value_or("linear");
  if (type == "linear" && config.ropeFactor != 1.0F) config.ropeScaling = RopeScaling::Linear;
  if (type != "llama3") return;
  config.ropeScaling = RopeScaling::Llama3;
  readLlama3(limits, config);
}

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

}  // namespace core::model
