#include "core/metrics/range_choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/quant/scheme_options.h"

namespace core::metrics {

namespace {

constexpr double kUsualPercentages[] = {95, 98, 99, 99.5, 99.9};

std::optional<quant::Scheme> withRange(const quant::Scheme& scheme, std::string_view range) {
  auto changed = quant::withOption(scheme, "range", range);
  // min–max has its zero-point without saying so; the others have one only when told.
  if (changed && scheme.format.zeroPoint == quant::ZeroPoint::On) changed = quant::withOption(*changed, "zero", "on");
  return changed;
}

}  // namespace

std::vector<RangeChoice> rangeChoices(const quant::Scheme& scheme, const quant::QuantizedTensor& source,
                                      const quant::FlatRange& part, double inside, const JobContext& job) {
  const auto least = withRange(scheme, "mse"), percentile = withRange(scheme, "percentile");
  if (!least || !percentile) return {};
  std::vector<double> percentages(std::begin(kUsualPercentages), std::end(kUsualPercentages));
  const double asClipped = std::round(1e4 * inside) / 100;
  if (asClipped > 50 && asClipped < 100) percentages.push_back(asClipped);
  std::vector<RangeChoice> choices{{scheme, 0}, {*least, 0}};
  for (const double p : percentages) choices.push_back({*quant::withOption(*percentile, "p", fmt::format("{}", p)), 0});
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const auto all = static_cast<double>(choices.size()), done = static_cast<double>(i);
    choices[i].error = meanSquaredError(choices[i].scheme, source, part, job.part(done / all, (done + 1) / all));
  }
  const auto best = std::min_element(choices.begin() + 2, choices.end(),
                                     [](const RangeChoice& a, const RangeChoice& b) { return a.error < b.error; });
  return {choices[0], choices[1], *best};
}

}  // namespace core::metrics
