#include "app/lessons/facts/quantization_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "app/lessons/facts/fact_weights.h"
#include "core/metrics/clip_curve.h"
#include "core/metrics/error_stats.h"
#include "core/quant/bit_stream.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "core/quant/uniform_range.h"

namespace app {
namespace {

using namespace core::quant;
using core::metrics::ErrorStats;
using core::metrics::Metric;

QuantizedTensorPtr quantized(const FactArguments& arguments, const core::JobContext& job) {
  return quantize(Scheme::parse(arguments.text("scheme")), *weightsOf(arguments, job), job);
}

std::size_t indexIn(const FactArguments& arguments, std::size_t size) {
  const std::uint64_t index = arguments.count("index", 0);
  if (index >= size) refuseArgument(fmt::format("There is no weight {} among {}.", index, size));
  return static_cast<std::size_t>(index);
}

const Uniform& uniformOf(const QuantizedTensor& tensor) {
  const auto* layout = tensor.as<Uniform>();
  if (layout == nullptr) refuseArgument("The scheme has no integer codes.");
  return *layout;
}

// One weight among its neighbours.

double integerCode(const QuantizedTensor& tensor, std::size_t index) {
  const Uniform& layout = uniformOf(tensor);
  CodeRows rows(tensor.payload, layout.bits, tensor.rowValues());
  return static_cast<double>(rows.at(index / tensor.rowValues())[index % tensor.rowValues()]) + layout.qmin;
}

FactValue weightCode(const FactArguments& arguments, const core::JobContext& job) {
  const auto tensor = quantized(arguments, job);
  return integerCode(*tensor, indexIn(arguments, tensor->shape.count()));
}

FactValue decodedWeight(const FactArguments& arguments, const core::JobContext& job) {
  const std::vector<float> values = dequantize(*quantized(arguments, job), job);
  return static_cast<double>(values[indexIn(arguments, values.size())]);
}

FactValue weightError(const FactArguments& arguments, const core::JobContext& job) {
  const std::vector<float> before = dequantize(*weightsOf(arguments, job), job);
  const std::vector<float> after = dequantize(*quantized(arguments, job), job);
  const std::size_t index = indexIn(arguments, after.size());
  return static_cast<double>(after[index]) - static_cast<double>(before[index]);
}

/// The first group's; of integer schemes.
FactValue stepSize(const FactArguments& arguments, const core::JobContext& job) {
  return static_cast<double>(uniformOf(*quantized(arguments, job)).scales.at(0));
}

FactValue halfStep(const FactArguments& arguments, const core::JobContext& job) {
  return std::get<double>(stepSize(arguments, job)) / 2;
}

/// A weight in steps of the first group, before it is rounded.
FactValue dividedWeight(const FactArguments& arguments, const core::JobContext& job) {
  const std::vector<float> values = dequantize(*weightsOf(arguments, job), job);
  return static_cast<double>(values[indexIn(arguments, values.size())]) / std::get<double>(stepSize(arguments, job));
}

FactValue comesBack(const FactArguments& arguments, const core::JobContext& job) {
  return std::string(std::get<double>(weightError(arguments, job)) == 0 ? "yes" : "no");
}

FactValue zeroPoint(const FactArguments& arguments, const core::JobContext& job) {
  const auto tensor = quantized(arguments, job);
  const auto& zeroPoints = uniformOf(*tensor).zeroPoints;
  return zeroPoints.empty() ? 0.0 : static_cast<double>(zeroPoints[0]);
}

/// Z = qmin − xmin / S before it is rounded, for levels that begin at "qmin", as many as the scheme has.
FactValue unroundedZeroPoint(const FactArguments& arguments, const core::JobContext& job) {
  const double step = std::get<double>(stepSize(arguments, job));
  return arguments.number("qmin") - arguments.number("low") / step;
}

/// The same when the range is stretched from low to high alone, even where that leaves 0 outside.
FactValue stretchedZeroPoint(const FactArguments& arguments, const core::JobContext&) {
  const Scheme scheme = Scheme::parse(arguments.text("scheme"));
  const double levels = std::ldexp(1.0, static_cast<int>(codeBits(scheme.format.name))) - 1;
  const double step = (arguments.number("high") - arguments.number("low")) / levels;
  return arguments.number("qmin") - arguments.number("low") / step;
}

/// Maxima beside which a weight gets a code, and where wanted decodes to a number of so many decimals: the stretch
/// around "near", by bisection on the encoder itself.
FactValue maximaOf(const FactArguments& arguments, const core::JobContext& job) {
  const Scheme scheme = Scheme::parse(arguments.text("scheme"));
  const double weight = arguments.number("value"), code = arguments.number("code"), near = arguments.number("near", 1);
  const auto holds = [&](double maximum) {
    const auto tensor = quantize(scheme, *tensorOf({static_cast<float>(weight), static_cast<float>(maximum)}), job);
    if (integerCode(*tensor, 0) != code) return false;
    if (!arguments.has("decoded")) return true;
    const double unit = std::pow(10.0, arguments.number("places"));
    const double decoded = static_cast<double>(dequantize(*tensor, job)[0]);
    return std::round(decoded * unit) == std::round(arguments.number("decoded") * unit);
  };
  if (!holds(near)) refuseArgument(fmt::format("A maximum of {} does not give this code.", near));
  const auto edge = [&](double outside) {
    double inside = near;
    for (int i = 0; i < 40; ++i) {
      const double middle = (inside + outside) / 2;
      (holds(middle) ? inside : outside) = middle;
    }
    return inside;
  };
  return Interval{edge(near / 2), edge(near * 2)};
}

FactValue smallestMaximum(const FactArguments& arguments, const core::JobContext& job) {
  return std::get<Interval>(maximaOf(arguments, job)).low;
}

/// How far apart the smallest and the largest of these maxima are.
FactValue maximaWidth(const FactArguments& arguments, const core::JobContext& job) {
  const auto maxima = std::get<Interval>(maximaOf(arguments, job));
  return maxima.high - maxima.low;
}

// All weights.

ErrorStats errorUnder(const Scheme& scheme, const QuantizedTensor& weights, const core::JobContext& job) {
  return core::metrics::compare(weights, *quantize(scheme, weights, job), job);
}

Metric metricOf(const FactArguments& arguments) {
  const std::string wanted = arguments.text("metric", "sqnr_db");
  for (const Metric metric : {Metric::SqnrDb, Metric::RelativeError, Metric::Mse, Metric::Cosine, Metric::MaxAbsError})
    if (wanted == core::metrics::toString(metric)) return metric;
  refuseArgument(fmt::format("There is no metric {}.", wanted));
}

FactValue errorFact(const FactArguments& arguments, const core::JobContext& job) {
  const auto weights = weightsOf(arguments, job);
  return core::metrics::value(errorUnder(Scheme::parse(arguments.text("scheme")), *weights, job), metricOf(arguments));
}

/// What the error grows or shrinks by from one scheme to another; decibels are subtracted.
FactValue errorChange(const FactArguments& arguments, const core::JobContext& job) {
  const auto weights = weightsOf(arguments, job);
  const Metric metric = metricOf(arguments);
  const double from = core::metrics::value(errorUnder(Scheme::parse(arguments.text("from")), *weights, job), metric);
  const double to = core::metrics::value(errorUnder(Scheme::parse(arguments.text("to")), *weights, job), metric);
  return metric == Metric::SqnrDb ? to - from : to / from;
}

FactValue bestScheme(const FactArguments& arguments, const core::JobContext& job) {
  const auto weights = weightsOf(arguments, job);
  const Metric metric = metricOf(arguments);
  std::string best;
  ErrorStats least;
  for (const std::string& text : arguments.texts("schemes")) {
    const ErrorStats error = errorUnder(Scheme::parse(text), *weights, job);
    if (!best.empty() && !core::metrics::isWorse(least, error, metric)) continue;
    least = error;
    best = text;
  }
  return best;
}

/// The built-in model whose tensor of this name suffers least.
FactValue bestModel(const FactArguments& arguments, const core::JobContext& job) {
  const Scheme scheme = Scheme::parse(arguments.text("scheme"));
  std::string best;
  double most = -std::numeric_limits<double>::infinity();
  for (const std::string& model : arguments.texts("models")) {
    const FactArguments of({{"tensor", arguments.text("tensor")}, {"model", model}});
    const double sqnr = errorUnder(scheme, *weightsOf(of, job), job).sqnrDb();
    if (sqnr > most) most = sqnr, best = model;
  }
  return best;
}

FactValue smallestScheme(const FactArguments& arguments, const core::JobContext&) {
  std::string smallest;
  double least = std::numeric_limits<double>::infinity();
  for (const std::string& text : arguments.texts("schemes")) {
    const double bits = bitsPerWeight(Scheme::parse(text), {4096, 4096});
    if (bits < least) least = bits, smallest = text;
  }
  return smallest;
}

/// For a matrix of 4096 × 4096.
FactValue bitsFact(const FactArguments& arguments, const core::JobContext&) {
  return bitsPerWeight(Scheme::parse(arguments.text("scheme")), {4096, 4096});
}

/// The smallest group, a power of two, with which a format needs no more bits per weight.
FactValue groupForBits(const FactArguments& arguments, const core::JobContext&) {
  for (int group = 8; group <= 4096; group *= 2) {
    const Scheme scheme = Scheme::parse(fmt::format("{}:group={}", arguments.text("format"), group));
    if (bitsPerWeight(scheme, {4096, 4096}) <= arguments.number("bits")) return static_cast<double>(group);
  }
  refuseArgument("No group is large enough for so few bits.");
}

/// In percent of all, the weights whose magnitude is at most `share` of the largest one.
FactValue shareWithin(const FactArguments& arguments, const core::JobContext& job) {
  const std::vector<float> values = dequantize(*weightsOf(arguments, job), job);
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::fabs(value));
  const double limit = arguments.number("share") * static_cast<double>(largest);
  const auto within =
      std::ranges::count_if(values, [=](float v) { return std::fabs(static_cast<double>(v)) <= limit; });
  return kPercent * static_cast<double>(within) / static_cast<double>(values.size());
}

/// The worst error of a weight, in percent of the weight.
FactValue worstRelativeError(const FactArguments& arguments, const core::JobContext& job) {
  const std::vector<float> before = dequantize(*weightsOf(arguments, job), job);
  const std::vector<float> after = dequantize(*quantized(arguments, job), job);
  double worst = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i] != 0)
      worst = std::max(worst, std::fabs(static_cast<double>(after[i]) / static_cast<double>(before[i]) - 1));
  return kPercent * worst;
}

/// How many weights that were something become nothing.
FactValue becomeZero(const FactArguments& arguments, const core::JobContext& job) {
  const std::vector<float> before = dequantize(*weightsOf(arguments, job), job);
  const std::vector<float> after = dequantize(*quantized(arguments, job), job);
  double count = 0;
  for (std::size_t i = 0; i < before.size(); ++i) count += before[i] != 0 && after[i] == 0 ? 1 : 0;
  return count;
}

FactValue distinctValues(const FactArguments& arguments, const core::JobContext& job) {
  const std::vector<float> values = dequantize(*quantized(arguments, job), job);
  return static_cast<double>(std::set<float>(values.begin(), values.end()).size());
}

/// In percent of all, the weights whose error grows by more than a thousandth when outliers come among them.
FactValue shareSpoiled(const FactArguments& arguments, const core::JobContext& job) {
  const Scheme scheme = Scheme::parse(arguments.text("scheme"));
  std::vector<float> clean = dequantize(*weightsOf(arguments, job), job);
  std::vector<float> spoiled = clean;
  spoiled[indexIn(arguments, spoiled.size())] = static_cast<float>(arguments.number("spoiler"));
  const std::vector<float> before = dequantize(*quantize(scheme, *tensorOf(clean), job), job);
  const std::vector<float> after = dequantize(*quantize(scheme, *tensorOf(spoiled), job), job);
  double count = 0;
  for (std::size_t i = 0; i < clean.size(); ++i) count += before[i] != after[i] ? 1 : 0;
  return kPercent * count / static_cast<double>(clean.size());
}

/// Relative error in percent against where the range is clipped, in percent of the largest magnitude.
FactValue clipCurve(const FactArguments& arguments, const core::JobContext& job) {
  const auto weights = weightsOf(arguments, job);
  const std::vector<float> values = dequantize(*weights, job);
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
  std::vector<double> clips;
  for (int percent = 10; percent <= 100; ++percent) clips.push_back(percent / 100.0);
  const auto costs =
      core::metrics::clipCurve(Scheme::parse(arguments.text("scheme")), *weights, {0, values.size()}, clips, job);
  Curve curve;
  for (const auto& cost : costs) {
    curve.x.push_back(kPercent * cost.clip);
    curve.y.push_back(kPercent * std::sqrt(cost.total() * static_cast<double>(values.size()) / squares));
  }
  return curve;
}

FactValue bestClip(const FactArguments& arguments, const core::JobContext& job) {
  const Curve curve = std::get<Curve>(clipCurve(arguments, job));
  const auto least = std::ranges::min_element(curve.y);
  return curve.x[static_cast<std::size_t>(least - curve.y.begin())];
}

constexpr Fact kQuantizationFacts[] = {
    {"weight_code", FactKind::Number, "scheme weights? index?", weightCode},
    {"decoded_weight", FactKind::Number, "scheme weights? index?", decodedWeight},
    {"weight_error", FactKind::Number, "scheme weights? index?", weightError},
    {"step_size", FactKind::Number, "scheme weights?", stepSize},
    {"half_step", FactKind::Number, "scheme weights?", halfStep},
    {"divided_weight", FactKind::Number, "scheme weights? index?", dividedWeight},
    {"comes_back", FactKind::Text, "scheme weights? index?", comesBack},
    {"zero_point", FactKind::Number, "scheme weights?", zeroPoint},
    {"unrounded_zero_point", FactKind::Number, "scheme low qmin weights?", unroundedZeroPoint},
    {"stretched_zero_point", FactKind::Number, "scheme low high qmin", stretchedZeroPoint},
    {"maxima_of_code", FactKind::Interval, "scheme value code decoded? places? near?", maximaOf},
    {"maxima_width", FactKind::Number, "scheme value code decoded? places? near?", maximaWidth},
    {"smallest_maximum", FactKind::Number, "scheme value code near?", smallestMaximum},
    {"error", FactKind::Number, "scheme weights? metric?", errorFact},
    {"error_change", FactKind::Number, "from to weights? metric?", errorChange},
    {"best_scheme", FactKind::Text, "schemes weights? metric?", bestScheme},
    {"best_model", FactKind::Text, "models tensor scheme", bestModel},
    {"smallest_scheme", FactKind::Text, "schemes", smallestScheme},
    {"bits_per_weight", FactKind::Number, "scheme", bitsFact},
    {"group_for_bits", FactKind::Number, "format bits", groupForBits},
    {"share_within", FactKind::Number, "share weights?", shareWithin},
    {"worst_relative_error", FactKind::Number, "scheme weights?", worstRelativeError},
    {"become_zero", FactKind::Number, "scheme weights?", becomeZero},
    {"distinct_values", FactKind::Number, "scheme weights?", distinctValues},
    {"share_spoiled", FactKind::Number, "scheme spoiler weights? index?", shareSpoiled},
    {"clip_curve", FactKind::Curve, "scheme weights?", clipCurve},
    {"best_clip", FactKind::Number, "scheme weights?", bestClip},
};

}  // namespace

std::span<const Fact> quantizationFacts() { return kQuantizationFacts; }

}  // namespace app
