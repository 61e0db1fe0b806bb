#include "core/classic/activation_ranges.h"

#include "core/base/error.h"

namespace core::classic {

namespace {

/// All values the samples bring to the input of every layer.
std::vector<std::vector<float>> observed(const ImageNetwork& network, std::span<const std::vector<float>> samples) {
  std::vector<std::vector<float>> values(network.convolutions.size() + 1);
  for (const std::vector<float>& image : samples) {
    const Activations flow = network.run(image);
    for (std::size_t k = 0; k < values.size(); ++k)
      values[k].insert(values[k].end(), flow.inputs[k].begin(), flow.inputs[k].end());
  }
  return values;
}

quant::Extremes percentileOf(const std::vector<float>& values, double percentile) {
  quant::Scheme scheme = quant::Scheme::parse("int8:range=percentile,zero=on");
  scheme.method.percentile = percentile;
  return quant::chooseGrid(scheme, values.data(), values.size(), nullptr).range;
}

void check(const ActivationRule& rule, std::span<const std::vector<float>> samples) {
  if (!(rule.percentile > 50.0 && rule.percentile <= 100.0))
    throw Error(ErrorCode::InvalidArgument, "A percentile of activations is over 50 and at most 100.");
  if (samples.empty() && (rule.source == RangeSource::MinMax || rule.source == RangeSource::Percentile))
    throw Error(ErrorCode::InvalidArgument, "Calibration needs at least one sample image.");
}

}  // namespace

std::vector<AffineGrid> activationGrids(const ImageNetwork& network, const ActivationRule& rule,
                                        std::span<const std::vector<float>> samples) {
  check(rule, samples);
  const auto grid = [&](const quant::Extremes& range) {
    return AffineGrid::spanning(rule.bits, quant::ZeroPoint::On, range);
  };
  if (rule.isDynamic()) return {};
  if (rule.source == RangeSource::Fixed) return {network.convolutions.size() + 1, grid(rule.fixed)};
  std::vector<AffineGrid> grids;
  for (const std::vector<float>& values : observed(network, samples))
    grids.push_back(grid(rule.source == RangeSource::MinMax ? rangeOf(values) : percentileOf(values, rule.percentile)));
  return grids;
}

}  // namespace core::classic
