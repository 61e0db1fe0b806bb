#include "app/lessons/facts/fact_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "app/session/open_model.h"
#include "core/metrics/drawn_weights.h"
#include "core/quant/quantizer.h"

namespace app {
namespace {

std::vector<float> drawnWeights(const FactArguments& arguments) {
  using core::metrics::Distribution;
  core::metrics::WeightDraw draw;
  const std::string wanted = arguments.text("distribution");
  constexpr std::array kAll{Distribution::Normal, Distribution::Laplace, Distribution::Uniform};
  const auto found = std::ranges::find(kAll, wanted, [](Distribution d) { return core::metrics::toString(d); });
  if (found == kAll.end()) refuseArgument(fmt::format("There is no distribution {}.", wanted));
  draw.distribution = *found;
  draw.count = static_cast<std::uint32_t>(arguments.count("count", draw.count));
  draw.seed = arguments.count("seed", draw.seed);
  draw.outliers = static_cast<std::uint32_t>(arguments.count("outliers", draw.outliers));
  draw.outlierSize = arguments.number("outlier_size", draw.outlierSize);
  return core::metrics::drawWeights(draw);
}

std::vector<float> rampOf(const std::vector<double>& ramp) {
  if (ramp.size() != 3 || !(ramp[2] >= 2) || ramp[2] > 1e6) refuseArgument("A ramp has two ends and a count.");
  std::vector<float> values;
  const double last = std::floor(ramp[2]) - 1;
  for (double i = 0; i <= last; ++i) values.push_back(static_cast<float>(ramp[0] + (ramp[1] - ramp[0]) * i / last));
  return values;
}

core::quant::QuantizedTensorPtr modelWeights(const FactArguments& arguments, const core::JobContext& job) {
  const auto model = OpenModel::open(arguments.text("model", "demo"), job);
  return core::quant::loadTensor(model->checkpoint(), arguments.text("tensor"));
}

}  // namespace

std::span<const std::string_view> weightParameters() {
  static constexpr std::array<std::string_view, 9> kNames{"values",   "ramp",         "distribution", "count", "seed",
                                                          "outliers", "outlier_size", "tensor",       "model"};
  return kNames;
}

core::quant::QuantizedTensorPtr tensorOf(std::vector<float> values) {
  const auto owned = std::make_shared<const std::vector<float>>(std::move(values));
  core::tensor::TensorView view;
  view.name = "lesson";
  view.shape = {1, owned->size()};
  view.bytes = std::as_bytes(std::span(*owned));
  view.owner = owned;
  return core::quant::wrapStored(view);
}

core::quant::QuantizedTensorPtr weightsOf(const FactArguments& arguments, const core::JobContext& job) {
  if (arguments.has("tensor")) return modelWeights(arguments, job);
  if (arguments.has("distribution")) return tensorOf(drawnWeights(arguments));
  if (arguments.has("ramp")) return tensorOf(rampOf(arguments.numbers("ramp")));
  const std::vector<double> values = arguments.numbers("values");
  if (values.empty()) refuseArgument("There are no weights.");
  return tensorOf(std::vector<float>(values.begin(), values.end()));
}

}  // namespace app
