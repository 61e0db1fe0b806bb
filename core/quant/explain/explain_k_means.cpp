#include <fmt/format.h>

#include <cmath>

#include "core/quant/explain/explain_families.h"
#include "core/quant/k_means.h"
#include "core/quant/quantizer.h"

namespace core::quant {

namespace {

/// What the levels were learned from: the finite weights that share the code book, and their importance.
struct Sample {
  std::vector<float> values, weights;
};

Sample sampleOf(const ExplainInput& input) {
  Sample sample;
  const bool isWhole = input.scheme.format.grouping.granularity == Granularity::Tensor;
  const std::vector<float> all =
      isWhole ? dequantize(input.source, input.job) : std::vector<float>(input.values().begin(), input.values().end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!std::isfinite(all[i])) continue;
    sample.values.push_back(all[i]);
    if (input.importance.empty()) continue;
    const std::uint64_t columns = input.source.rowValues();
    sample.weights.push_back(isWhole ? *input.importanceOfRows.at(i / columns, i % columns)
                                     : input.importance[input.column + i]);
  }
  return sample;
}

}  // namespace

void explainKMeans(const ExplainInput& input, BlockExplanation& out) {
  const auto& codes = *input.encoded.as<LearnedCodeBooks>();
  const std::size_t count = std::size_t{1} << codes.bits;
  const std::uint64_t group = groupOf(codes.grouping, input.encoded.rowValues(), input.place.first);
  Sample sample = sampleOf(input);
  const std::size_t learnedFrom = sample.values.size();
  const std::vector<float> found = kMeansLevels(sample.values, sample.weights, count);
  for (std::size_t u = 0; u < count; ++u) {
    ExplanationParameter& level = parameterOf(out, "c" + std::to_string(u));
    level.computed = static_cast<double>(found[u]);
    level.meaning = "A level: the mean of the weights that are nearest to it.";
    level.search = learnedFrom == 0 ? "There is no finite weight to learn from."
                                    : fmt::format(
                                          "{} levels of least squared error for {} weights: the best partition of "
                                          "their sorted values, then Lloyd's "
                                          "iteration.",
                                          count, learnedFrom);
  }
  const auto first = codes.levels.begin() + static_cast<std::ptrdiff_t>(group << codes.bits);
  const std::vector<float> levels(first, first + static_cast<std::ptrdiff_t>(count));
  out.range.low = static_cast<double>(levels.front()), out.range.high = static_cast<double>(levels.back());
  out.range.meaning = "From the lowest to the highest level that was learned.";
  for (ExplanationStep& step : out.steps)
    if (step.id == StepId::Code) {
      step.meaning = "number of the nearest level, the lower one of two equally near";
      step.pattern = "level nearest to {x}";
    }
  out.transfer = [levels](float x, std::size_t) { return levels[nearestKMeansCode(levels, std::isnan(x) ? 0.0F : x)]; };
}

}  // namespace core::quant
