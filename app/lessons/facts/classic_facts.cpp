#include "app/lessons/facts/classic_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/lessons/facts/lesson_models.h"
#include "core/classic/digit_images.h"
#include "core/classic/experiments.h"
#include "core/classic/quantized_image_network.h"
#include "core/quant/stored_size.h"

namespace app {
namespace {

using namespace core::classic;
using core::quant::Scheme;

// Tables. "bits": integers for parameters and inputs; without it the model as fitted. "scales": "own" for every column,
// or "shared" by all.

std::optional<TableQuantization> tableQuantization(const FactArguments& arguments) {
  const std::string scales = arguments.text("scales", "own");
  if (scales != "own" && scales != "shared") refuseArgument("Columns have scales of their own, or shared ones.");
  if (!arguments.has("bits")) return std::nullopt;
  const std::uint64_t bits = arguments.count("bits");
  if (bits > 16) refuseArgument("Columns are quantized to 16 bits at most.");
  return TableQuantization{static_cast<std::uint32_t>(bits), scales == "own" ? ColumnScale::Own : ColumnScale::Shared};
}

FactValue regressionR2(const FactArguments& arguments, const core::JobContext&) {
  return houseRegression(tableQuantization(arguments)).rSquared;
}

/// R² in percent.
FactValue regressionExplained(const FactArguments& arguments, const core::JobContext&) {
  return kPercent * houseRegression(tableQuantization(arguments)).rSquared;
}

FactValue regressionError(const FactArguments& arguments, const core::JobContext&) {
  return houseRegression(tableQuantization(arguments)).meanError;
}

FactValue treeAccuracy(const FactArguments& arguments, const core::JobContext&) {
  return kPercent * fruitTree(tableQuantization(arguments));
}

// Images. "ranges": where the ranges of INT8 activations come from; without it only the weights are quantized, by
// "scheme", or nothing is.

ActivationRule activationRule(const FactArguments& arguments) {
  ActivationRule rule;
  const std::string ranges = arguments.text("ranges");
  if (ranges == "percentile")
    rule.source = RangeSource::Percentile;
  else if (ranges == "dynamic")
    rule.source = RangeSource::Dynamic;
  else if (ranges == "guess")
    rule.source = RangeSource::Fixed;
  else if (ranges != "calibrated")
    refuseArgument(fmt::format("Ranges are calibrated, percentile, dynamic or a guess, not {}.", ranges));
  const auto reach = static_cast<float>(arguments.number("reach", 1.0));
  if (!(reach > 0.0F) || !std::isfinite(reach))
    refuseArgument("A guessed range reaches from −reach to a finite reach over 0.");
  rule.fixed = {reach, reach};
  rule.percentile = arguments.number("percentile", rule.percentile);
  return rule;
}

FactValue digitAccuracyFact(const FactArguments& arguments, const core::JobContext& job) {
  const ImageNetwork& network = digitNetwork();
  if (arguments.has("ranges")) {
    const ImageQuantization quantization{Scheme::parse(arguments.text("scheme", "int8")), activationRule(arguments)};
    return kPercent * digitAccuracy(network, quantization, kHeldOutImages, job);
  }
  if (!arguments.has("scheme")) return kPercent * digitAccuracy(network, {}, kHeldOutImages, job);
  return kPercent * digitAccuracyOfWeights(network, Scheme::parse(arguments.text("scheme")), kHeldOutImages, job);
}

/// What the network makes of the held-out images first … first + count − 1: one digit each, as a text. "labels": "yes"
/// gives what they are.
FactValue digitNames(const FactArguments& arguments, const core::JobContext&) {
  const std::uint64_t first = arguments.count("first", 0), count = arguments.count("count");
  if (count > kHeldOutImages) refuseArgument("So many images are not shown.");
  const ImageNetwork& network = digitNetwork();
  std::string names;
  const auto name = [&](const auto& model) {
    for (std::uint64_t index = first; index < first + count; ++index)
      names += static_cast<char>('0' + bestClass(model.run(drawDigit(kHeldOutSeed, index).values()).logits));
  };
  if (arguments.text("labels", "no") == "yes") {
    for (std::uint64_t index = first; index < first + count; ++index)
      names += static_cast<char>('0' + drawDigit(kHeldOutSeed, index).label);
  } else if (arguments.has("ranges")) {
    name(QuantizedImageNetwork(network, Scheme::parse(arguments.text("scheme", "int8")), activationRule(arguments),
                               calibrationImages()));
  } else {
    name(network);
  }
  return names;
}

/// From the smallest to the largest of the guessed "reaches" that lose at most "within" percent.
FactValue digitGoodReaches(const FactArguments& arguments, const core::JobContext& job) {
  const double least = digitAccuracy(digitNetwork(), {}, kHeldOutImages, job) - arguments.number("within") / kPercent;
  std::vector<double> good;
  for (const double reach : arguments.numbers("reaches")) {
    ImageQuantization guess;
    const auto extent = static_cast<float>(reach);
    guess.activations = {.source = RangeSource::Fixed, .fixed = {extent, extent}};
    if (digitAccuracy(digitNetwork(), guess, kHeldOutImages, job) >= least) good.push_back(reach);
  }
  if (good.empty()) refuseArgument("None of these ranges is good enough.");
  return Interval{std::ranges::min(good), std::ranges::max(good)};
}

FactValue digitWeights(const FactArguments&, const core::JobContext&) {
  return static_cast<double>(digitNetwork().parameters());
}

/// Kilobytes of the weights under a scheme, biases in FP32.
FactValue digitSize(const FactArguments& arguments, const core::JobContext&) {
  const core::quant::Format format = Scheme::parse(arguments.text("scheme")).format;
  const ImageNetwork& network = digitNetwork();
  double bytes = 0.0;
  const auto add = [&](const LayerWeights& layer) {
    const core::tensor::Shape shape{layer.outputs(), layer.inputs()};
    if (const std::string problem = core::quant::shapeProblem(format, shape); !problem.empty()) refuseArgument(problem);
    bytes += static_cast<double>(core::quant::storedSize(format, shape).bytes() + layer.bias.size() * sizeof(float));
  };
  for (const LayerWeights& layer : network.convolutions) add(layer);
  add(network.head);
  return bytes / 1000.0;
}

constexpr Fact kClassicFacts[] = {
    {"regression_r2", FactKind::Number, "bits? scales?", regressionR2},
    {"regression_explained", FactKind::Number, "bits? scales?", regressionExplained},
    {"regression_error", FactKind::Number, "bits? scales?", regressionError},
    {"tree_accuracy", FactKind::Number, "bits? scales?", treeAccuracy},
    {"digit_accuracy", FactKind::Number, "ranges? reach? percentile? scheme?", digitAccuracyFact},
    {"digit_names", FactKind::Text, "count first? labels? ranges? reach? percentile? scheme?", digitNames},
    {"digit_good_reaches", FactKind::Interval, "reaches within", digitGoodReaches},
    {"digit_weights", FactKind::Number, "", digitWeights},
    {"digit_size", FactKind::Number, "scheme", digitSize},
};

}  // namespace

std::span<const Fact> classicFacts() { return kClassicFacts; }

}  // namespace app
