#include "app/lessons/facts/activation_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/lessons/facts/lesson_inputs.h"
#include "core/quant/input_quantizer.h"
#include "core/quant/llm_int8.h"
#include "core/quant/load_tensor.h"
#include "core/quant/methods/smooth_quant.h"
#include "core/quant/quantizer.h"
#include "core/quant/row_scale.h"

namespace app {
namespace {

using core::quant::CalibrationNeed;
using core::quant::InputQuantizer;
using core::quant::Scheme;

constexpr float kLargestCode = 127.0F;

// Of a layer of the built-in model, named by its weight ("layer"), while it reads "text": "demo" unless it is said.
// Where both count, a scheme is made with the text "calibrated".

std::string textOf(const FactArguments& arguments) { return arguments.text("text", "demo"); }
std::string calibratedOf(const FactArguments& arguments) { return arguments.text("calibrated", "demo"); }

std::vector<float> columnMaxima(const FactArguments& arguments, const core::JobContext& job) {
  return inputsShown(textOf(arguments), arguments.text("layer"), CalibrationNeed::Columns, job)->maxMagnitude;
}

double medianOf(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 != 0) return static_cast<double>(*middle);
  return (static_cast<double>(*middle) + static_cast<double>(*std::max_element(values.begin(), middle))) / 2;
}

double largestOf(const std::vector<float>& values) { return static_cast<double>(*std::ranges::max_element(values)); }

// Columns.

FactValue inputColumns(const FactArguments& arguments, const core::JobContext& job) {
  return static_cast<double>(columnMaxima(arguments, job).size());
}
FactValue largestInput(const FactArguments& arguments, const core::JobContext& job) {
  return largestOf(columnMaxima(arguments, job));
}
/// The range of all inputs.
FactValue lowestInput(const FactArguments& arguments, const core::JobContext& job) {
  const auto shown = inputsShown(textOf(arguments), arguments.text("layer"), CalibrationNeed::Columns, job);
  return static_cast<double>(shown->inputs.min);
}
FactValue highestInput(const FactArguments& arguments, const core::JobContext& job) {
  const auto shown = inputsShown(textOf(arguments), arguments.text("layer"), CalibrationNeed::Columns, job);
  return static_cast<double>(shown->inputs.max);
}
/// The largest input of the column in the middle.
FactValue usualColumn(const FactArguments& arguments, const core::JobContext& job) {
  return medianOf(columnMaxima(arguments, job));
}
FactValue columnRatio(const FactArguments& arguments, const core::JobContext& job) {
  const std::vector<float> maxima = columnMaxima(arguments, job);
  return largestOf(maxima) / medianOf(maxima);
}
/// How many columns have an input from "threshold" on.
FactValue outlierColumnCount(const FactArguments& arguments, const core::JobContext& job) {
  const auto threshold = static_cast<float>(arguments.number("threshold"));
  return static_cast<double>(core::quant::outlierColumns(columnMaxima(arguments, job), threshold).size());
}
FactValue outlierColumnShare(const FactArguments& arguments, const core::JobContext& job) {
  return kPercent * std::get<double>(outlierColumnCount(arguments, job)) /
         static_cast<double>(columnMaxima(arguments, job).size());
}
/// The largest threshold from which at least "share" percent of the columns have an outlier.
FactValue thresholdForShare(const FactArguments& arguments, const core::JobContext& job) {
  std::vector<float> maxima = columnMaxima(arguments, job);
  std::ranges::sort(maxima, std::greater());
  const double wanted = std::ceil(arguments.number("share") / kPercent * static_cast<double>(maxima.size()));
  return static_cast<double>(maxima.at(static_cast<std::size_t>(std::max(wanted, 1.0)) - 1));
}

// Tokens.

std::vector<float> tokenMaxima(const FactArguments& arguments, const core::JobContext& job) {
  const auto inputs = layerInputs(textOf(arguments), arguments.text("layer"), job);
  std::vector<float> maxima;
  for (std::size_t token = 0; token < inputs->tokens(); ++token) maxima.push_back(inputs->largest(token));
  return maxima;
}

/// The largest magnitude of token "token" (from 0), of the token in the middle where none is named.
FactValue tokenLargest(const FactArguments& arguments, const core::JobContext& job) {
  const std::vector<float> maxima = tokenMaxima(arguments, job);
  if (!arguments.has("token")) return medianOf(maxima);
  const std::uint64_t token = arguments.count("token");
  if (token >= maxima.size()) refuseArgument(fmt::format("The text has no token {}.", token));
  return static_cast<double>(maxima[token]);
}

/// Of INT8 codes of that token alone.
FactValue tokenScale(const FactArguments& arguments, const core::JobContext& job) {
  const auto largest = static_cast<float>(std::get<double>(tokenLargest(arguments, job)));
  return static_cast<double>(core::quant::rowScale(core::quant::magnitudeBits(largest), kLargestCode).scale);
}

InputQuantizer staticQuantizer(const FactArguments& arguments, const core::JobContext& job) {
  const std::string layer = arguments.text("layer");
  const auto shown = inputsShown(calibratedOf(arguments), layer, CalibrationNeed::Columns, job);
  const std::string scheme = arguments.text("scheme", "int8:activations=int8_static");
  const auto quantizer = core::quant::inputQuantizer(Scheme::parse(scheme).activations, shown.get(), nullptr, layer);
  if (!quantizer || quantizer->scale <= 0.0F) refuseArgument(fmt::format("{} has no static inputs.", scheme));
  return *quantizer;
}

FactValue staticScale(const FactArguments& arguments, const core::JobContext& job) {
  return static_cast<double>(staticQuantizer(arguments, job).scale);
}
/// How many times coarser the static step is than that of the token in the middle.
FactValue staticOverDynamic(const FactArguments& arguments, const core::JobContext& job) {
  return std::get<double>(staticScale(arguments, job)) / std::get<double>(tokenScale(arguments, job));
}

/// In percent, the tokens with an input beyond the codes; it loses more than half a step.
FactValue tokensClipped(const FactArguments& arguments, const core::JobContext& job) {
  const InputQuantizer quantizer = staticQuantizer(arguments, job);
  const auto inputs = layerInputs(textOf(arguments), arguments.text("layer"), job);
  const auto zero = static_cast<double>(quantizer.zeroPoint), scale = static_cast<double>(quantizer.scale);
  const double low = (-128.5 - zero) * scale, high = (127.5 - zero) * scale;
  double clipped = 0;
  for (std::size_t token = 0; token < inputs->tokens(); ++token) {
    const auto row = std::span(inputs->values).subspan(token * inputs->width, inputs->width);
    clipped += std::ranges::any_of(row, [=](float x) { return x < low || x > high; }) ? 1 : 0;
  }
  return kPercent * clipped / static_cast<double>(inputs->tokens());
}

// Products.

/// "integers" or "floats": what the weights' codes are multiplied as.
FactValue productsRunIn(const FactArguments& arguments, const core::JobContext&) {
  const auto activations = Scheme::parse(arguments.text("scheme")).activations;
  if (activations.isStatic())
    return std::string(activations.name == core::quant::ActivationName::Int8Static ? "integers" : "floats");
  const auto quantizer = core::quant::inputQuantizer(activations, nullptr, nullptr, "lesson");
  return std::string(quantizer && quantizer->makesCodes() ? "integers" : "floats");
}

/// How many products of two codes from −127 to 127 a signed integer of "bits" bits is sure to hold.
FactValue productsThatFit(const FactArguments& arguments, const core::JobContext&) {
  const double largest = std::ldexp(1.0, static_cast<int>(arguments.count("bits")) - 1) - 1;
  return std::floor(largest / static_cast<double>(kLargestCode * kLargestCode));
}

double errorOf(const std::string& scheme, const FactArguments& arguments, const core::JobContext& job) {
  return kPercent * layerError(scheme, arguments.text("layer"), calibratedOf(arguments), textOf(arguments), job);
}

/// Relative error of the layer's outputs, percent.
FactValue layerErrorFact(const FactArguments& arguments, const core::JobContext& job) {
  return errorOf(arguments.text("scheme"), arguments, job);
}

/// The same under "scheme" with "key" set to each of "at".
FactValue layerCurve(const FactArguments& arguments, const core::JobContext& job) {
  Curve curve;
  for (const double at : arguments.numbers("at")) {
    curve.x.push_back(at);
    curve.y.push_back(
        errorOf(fmt::format("{},{}={}", arguments.text("scheme"), arguments.text("key"), at), arguments, job));
  }
  return curve;
}
/// Where that curve is lowest.
FactValue layerBest(const FactArguments& arguments, const core::JobContext& job) {
  const Curve curve = std::get<Curve>(layerCurve(arguments, job));
  return curve.x[static_cast<std::size_t>(std::ranges::min_element(curve.y) - curve.y.begin())];
}

/// How low it is there.
FactValue layerLeast(const FactArguments& arguments, const core::JobContext& job) {
  const Curve curve = std::get<Curve>(layerCurve(arguments, job));
  return *std::ranges::min_element(curve.y);
}

// SmoothQuant.

struct Smoothed {
  std::vector<float> inputs, weights;  ///< largest magnitude of each column, as they are
  std::vector<float> scales;           ///< s
};

Smoothed smoothed(const FactArguments& arguments, const core::JobContext& job) {
  const std::string layer = arguments.text("layer"), text = textOf(arguments);
  const auto weight = core::quant::loadTensor(lessonDemo(text, job)->checkpoint(), layer);
  const auto shown = inputsShown(text, layer, CalibrationNeed::Columns, job);
  return {shown->maxMagnitude, core::quant::columnMaxima(*weight, job),
          core::quant::smoothingScales(*weight, *shown, arguments.number("alpha", 0.5), job)};
}

/// The column with the largest input.
std::size_t worstColumn(const Smoothed& smoothed) {
  return static_cast<std::size_t>(std::ranges::max_element(smoothed.inputs) - smoothed.inputs.begin());
}
FactValue worstColumnWeight(const FactArguments& arguments, const core::JobContext& job) {
  const Smoothed of = smoothed(arguments, job);
  return static_cast<double>(of.weights[worstColumn(of)]);
}
/// How many times the largest column of the weights exceeds the one in the middle, as they are.
FactValue weightColumnRatio(const FactArguments& arguments, const core::JobContext& job) {
  const Smoothed of = smoothed(arguments, job);
  return largestOf(of.weights) / medianOf(of.weights);
}
FactValue smoothingFactor(const FactArguments& arguments, const core::JobContext& job) {
  const Smoothed of = smoothed(arguments, job);
  return static_cast<double>(of.scales[worstColumn(of)]);
}
/// How many times the largest column exceeds the one in the middle, after smoothing.
FactValue smoothedInputRatio(const FactArguments& arguments, const core::JobContext& job) {
  Smoothed of = smoothed(arguments, job);
  for (std::size_t c = 0; c < of.inputs.size(); ++c) of.inputs[c] /= of.scales[c];
  return largestOf(of.inputs) / medianOf(of.inputs);
}
FactValue smoothedWeightRatio(const FactArguments& arguments, const core::JobContext& job) {
  Smoothed of = smoothed(arguments, job);
  for (std::size_t c = 0; c < of.weights.size(); ++c) of.weights[c] *= of.scales[c];
  return largestOf(of.weights) / medianOf(of.weights);
}

constexpr Fact kActivationFacts[] = {
    {"input_columns", FactKind::Number, "layer text?", inputColumns},
    {"largest_input", FactKind::Number, "layer text?", largestInput},
    {"lowest_input", FactKind::Number, "layer text?", lowestInput},
    {"highest_input", FactKind::Number, "layer text?", highestInput},
    {"usual_column", FactKind::Number, "layer text?", usualColumn},
    {"column_ratio", FactKind::Number, "layer text?", columnRatio},
    {"outlier_columns", FactKind::Number, "layer threshold text?", outlierColumnCount},
    {"outlier_column_share", FactKind::Number, "layer threshold text?", outlierColumnShare},
    {"threshold_for_share", FactKind::Number, "layer share text?", thresholdForShare},
    {"token_largest", FactKind::Number, "layer text? token?", tokenLargest},
    {"token_scale", FactKind::Number, "layer text? token?", tokenScale},
    {"static_scale", FactKind::Number, "layer scheme? calibrated?", staticScale},
    {"static_over_dynamic", FactKind::Number, "layer scheme? calibrated? text?", staticOverDynamic},
    {"tokens_clipped", FactKind::Number, "layer scheme? calibrated? text?", tokensClipped},
    {"products_run_in", FactKind::Text, "scheme", productsRunIn},
    {"products_that_fit", FactKind::Number, "bits", productsThatFit},
    {"layer_error", FactKind::Number, "layer scheme calibrated? text?", layerErrorFact},
    {"layer_curve", FactKind::Curve, "layer scheme key at calibrated? text?", layerCurve},
    {"layer_best", FactKind::Number, "layer scheme key at calibrated? text?", layerBest},
    {"layer_least", FactKind::Number, "layer scheme key at calibrated? text?", layerLeast},
    {"weight_column_ratio", FactKind::Number, "layer text?", weightColumnRatio},
    {"worst_column_weight", FactKind::Number, "layer text?", worstColumnWeight},
    {"smoothing_factor", FactKind::Number, "layer alpha? text?", smoothingFactor},
    {"smoothed_input_ratio", FactKind::Number, "layer alpha? text?", smoothedInputRatio},
    {"smoothed_weight_ratio", FactKind::Number, "layer alpha? text?", smoothedWeightRatio},
};

}  // namespace

std::span<const Fact> activationFacts() { return kActivationFacts; }

}  // namespace app
