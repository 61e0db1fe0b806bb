#include "core/model/factor_tensors.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace core::model {

namespace {

/// Nothing where they come from another rule.
std::optional<ModelConfig> llama3Scaling(const ModelConfig& config, const std::vector<float>& factors) {
  ModelConfig plain = config;
  plain.ropeScaling = RopeScaling::None;
  ModelConfig scaled = plain;
  scaled.ropeScaling = RopeScaling::Llama3;
  scaled.ropeLowFrequencyFactor = 1.0F;
  scaled.ropeHighFrequencyFactor = 4.0F;
  scaled.ropeFactor = *std::max_element(factors.begin(), factors.end());
  const auto without = plain.ropeFrequencies();
  constexpr std::uint32_t kLeast = 32, kLargest = 1U << 20U;
  for (scaled.ropeOriginalContext = kLeast; scaled.ropeOriginalContext <= kLargest; scaled.ropeOriginalContext *= 2) {
    const auto with = scaled.ropeFrequencies();
    std::size_t same = 0;
    while (same < factors.size() && std::abs(without[same] / with[same] / factors[same] - 1.0F) < 1e-5F) ++same;
    if (same == factors.size()) return scaled;
  }
  return std::nullopt;
}

/// The first pairs as they are, all others standing still.
std::optional<ModelConfig> firstPairs(const ModelConfig& config, const std::vector<float>& factors) {
  constexpr float kLeastOfStanding = 1e20F;
  const auto last = std::ranges::find_if(factors, [](float factor) { return factor != 1.0F; });
  if (last == factors.begin() || last == factors.end()) return std::nullopt;
  if (!std::all_of(last, factors.end(), [](float factor) { return factor >= kLeastOfStanding; })) return std::nullopt;
  ModelConfig standing = config;
  standing.ropeTurnedPairs = static_cast<std::uint32_t>(last - factors.begin());
  return standing;
}

std::vector<float> valuesOf(const io::Checkpoint& source, const char* name, const ModelConfig& config) {
  const auto index = source.find(name);
  if (!index) return {};
  std::vector<float> values = quant::dequantize(*quant::loadTensor(source, *index));
  const bool arePositive = std::ranges::all_of(values, [](float x) { return std::isfinite(x) && x > 0.0F; });
  return values.size() == config.ropeDimensions / 2 && arePositive ? values : std::vector<float>();
}

}  // namespace

ModelConfig withFactorTensors(const io::Checkpoint& source, ModelConfig config) {
  if (source.format() != io::FileFormat::Gguf) return config;
  constexpr const char *kFactors = "rope_freqs.weight", *kShort = "rope_factors_short.weight",
                       *kLong = "rope_factors_long.weight";
  if (source.find(kShort) || source.find(kLong)) {
    config.ropeShortFactors = valuesOf(source, kShort, config);
    config.ropeLongFactors = valuesOf(source, kLong, config);
    if (config.ropeShortFactors.empty() || config.ropeLongFactors.empty())
      throw Error(
          ErrorCode::Unsupported,
          "A folder has factors of rotary embedding for short and for long texts, and the file has one of both.",
          kShort);
    config.ropeScaling = RopeScaling::LongRope;
  }
  if (!source.find(kFactors)) return config;
  const std::vector<float> factors = valuesOf(source, kFactors, config);
  std::optional<ModelConfig> said;
  if (!factors.empty()) said = firstPairs(config, factors);
  if (!factors.empty() && !said) said = llama3Scaling(config, factors);
  if (!said)
    throw Error(ErrorCode::Unsupported,
                "The factors in rope_freqs.weight are not those of Llama 3's rule, which config.json has words for.",
                kFactors);
  return *std::move(said);
}

}  // namespace core::model
