#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace core::metrics {

/// Shapes that weights are compared with; each has mean 0 and standard deviation 1.
enum class Distribution : std::uint8_t {
  Normal,   ///< what trained weights look like, outliers apart
  Laplace,  ///< heavier tails: density exp(−√2 |x|) / √2
  Uniform   ///< even density from −√3 to √3
};
/// "normal", "laplace", "uniform"
std::string_view toString(Distribution distribution);

/// Weights for those who have no model, the same on every machine.
struct WeightDraw {
  static constexpr std::uint32_t kMostValues = 4096;

  Distribution distribution = Distribution::Normal;
  std::uint32_t count = 256;  ///< at most kMostValues
  std::uint64_t seed = 1;
  std::uint32_t outliers = 0;  ///< how many of them are replaced by outliers, at places of their own
  double outlierSize = 8;      ///< magnitude of an outlier in standard deviations; signs alternate

  bool operator==(const WeightDraw&) const = default;
};

/// Draws by the inverse distribution function from the 64-bit Mersenne Twister (whose numbers the C++ standard fixes).
/// The same seed gives the same weights whatever the outliers are.
std::vector<float> drawWeights(const WeightDraw& draw);

}  // namespace core::metrics
