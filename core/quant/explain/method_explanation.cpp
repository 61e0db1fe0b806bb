#include "core/quant/explain/method_explanation.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/quant/explain/stored_block.h"
#include "core/quant/methods/awq.h"
#include "core/quant/methods/code_grids.h"
#include "core/quant/methods/finite_weights.h"
#include "core/quant/methods/gptq.h"
#include "core/quant/methods/hqq.h"
#include "core/quant/methods/output_error.h"
#include "core/quant/methods/scaled_columns.h"
#include "core/quant/methods/smooth_quant.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "core/quant/required_calibration.h"
#include "core/quant/stored_size.h"

namespace core::quant {

namespace {

/// What a method is explained from.
struct Question {
  const Scheme& scheme;
  const QuantizedTensor& source;
  std::uint64_t row;
  const TensorCalibration* calibration;
  const JobContext& job;

  std::uint64_t columns() const { return source.rowValues(); }
  std::span<const float> rowOf(const std::vector<float>& all) const {
    return std::span(all).subspan(row * columns(), columns());
  }
  std::vector<float> decodedRow(const QuantizedTensor& tensor) const {
    std::vector<float> values(columns());
    dequantizeRows(tensor, row, 1, values.data());
    return values;
  }
  /// The row as the method is given it.
  std::vector<float> weights() const {
    std::vector<float> values(columns());
    finiteWeights(source, row * columns(), values);
    return values;
  }
  /// The row as the format makes it without the method.
  std::vector<float> roundedAlone(const JobContext& part) const {
    return decodedRow(*quantize(roundingOnly(scheme), source, part));
  }
  /// Mean over inputs x of ((made − w) · x)².
  double outputErrorOf(std::span<const float> weights, std::span<const float> made) const {
    std::vector<float> errors(columns());
    std::transform(made.begin(), made.end(), weights.begin(), errors.begin(), std::minus<>());
    return outputError(errors, {1, columns()}, calibration->hessian, job);
  }
};

/// damping · mean(diag) · |Δw|² over the columns that meet inputs.
double dampedPart(const GptqExplanation& of, std::span<const float> weights) {
  double diagonal = 0.0, squares = 0.0;
  for (std::size_t j = 0; j < weights.size(); ++j) {
    const double lost = static_cast<double>(of.roundedAlone[j]) - static_cast<double>(weights[j]);
    diagonal += static_cast<double>(of.inputs[j]);
    squares += of.inputs[j] == 0.0F ? 0.0 : lost * lost;
  }
  return of.trace.damping * diagonal / static_cast<double>(weights.size()) * squares;
}

GptqExplanation explainGptq(const Question& asked) {
  GptqExplanation out;
  const auto grids = makeCodeGrids(asked.scheme, asked.source.shape);
  const auto& hessian = asked.calibration->hessian;
  out.trace = traceGptq(asked.source, hessian, asked.scheme.method, *grids, asked.row, asked.job.part(0.0, 0.8));
  for (std::uint64_t j = 0; j < asked.columns(); ++j) out.inputs.push_back(hessian[j * asked.columns() + j]);
  out.roundedAlone = asked.roundedAlone(asked.job.part(0.8, 1.0));
  std::vector<float> decoded(asked.columns());
  for (const GptqStep& step : out.trace.steps) decoded[step.column] = step.decoded;
  const std::vector<float> weights = asked.weights();
  out.error = asked.outputErrorOf(weights, decoded);
  out.errorAlone = asked.outputErrorOf(weights, out.roundedAlone);
  out.lossAlone = out.errorAlone + dampedPart(out, weights);
  return out;
}

/// The columns of a row that was multiplied by factors, then rounded.
/// @param limited all weights times their factors, clipped: what is rounded
void fillColumns(const Question& asked, const std::vector<float>& limited, const std::vector<float>& factors,
                 std::span<const float> inputs, const JobContext& job, ScaledExplanation& out) {
  const Scheme rounding = roundingOnly(asked.scheme);
  const auto stored = quantize(rounding, tensorOf(limited, asked.source.shape), job.part(0.0, 0.5));
  std::vector<float> decoded = asked.decodedRow(*stored);
  divide(decoded, factors);
  const std::vector<float> weights = asked.weights(), alone = asked.roundedAlone(job.part(0.5, 1.0));
  const std::vector<float> products = multiplied(weights, factors);
  const auto rounded = asked.rowOf(limited);
  std::vector<std::uint8_t> codes;
  if (!stored->dtype()) codes = codesOf(*stored, {asked.row * asked.columns(), asked.columns()});
  for (std::size_t c = 0; c < asked.columns(); ++c) {
    ScaledColumn column{inputs[c], 0.0F, factors[c], weights[c], products[c], rounded[c], {}, decoded[c], alone[c]};
    if (!codes.empty()) column.code = codes[c];
    out.columns.push_back(column);
  }
  if (asked.calibration->hessian.empty()) return;
  out.error = asked.outputErrorOf(weights, decoded);
  out.errorAlone = asked.outputErrorOf(weights, alone);
}

ScaledExplanation explainAwq(const Question& asked) {
  ScaledExplanation out;
  AwqResult found = awq(asked.source, asked.scheme, *asked.calibration, asked.job.part(0.0, 0.9));
  out.ratio = found.ratio;
  out.losses = std::move(found.losses);
  fillColumns(asked, found.weights, found.inputScales, asked.calibration->meanMagnitude, asked.job.part(0.9, 1.0), out);
  return out;
}

ScaledExplanation explainSmoothQuant(const Question& asked) {
  ScaledExplanation out;
  const std::vector<float> factors =
      smoothingScales(asked.source, *asked.calibration, asked.scheme.method.smoothing, asked.job.part(0.0, 0.2));
  const std::vector<float> maxima = columnMaxima(asked.source, asked.job.part(0.2, 0.4));
  fillColumns(asked, multiplied(finiteWeights(asked.source, asked.job.part(0.4, 0.5)), factors), factors,
              asked.calibration->maxMagnitude, asked.job.part(0.5, 1.0), out);
  for (std::size_t c = 0; c < maxima.size(); ++c) out.columns[c].largestWeight = maxima[c];
  return out;
}

HqqExplanation explainHqq(const Question& asked) {
  HqqExplanation out;
  out.trace.row = asked.row;
  Uniform codes;
  std::vector<std::uint8_t> payload(storedSize(asked.scheme.format, asked.source.shape).payloadBytes);
  quantizeHqq(asked.source, asked.scheme, asked.job, codes, payload.data(), &out.trace);
  QuantizedTensor stored;
  stored.shape = asked.source.shape;
  stored.payload = std::as_bytes(std::span(payload));
  stored.layout = std::move(codes);
  const std::vector<float> weights = asked.weights(), decoded = asked.decodedRow(stored);
  const std::uint64_t first = asked.row * asked.columns();
  const std::vector<std::uint8_t> stood = codesOf(stored, {first, asked.columns()});
  const Uniform& layout = *stored.as<Uniform>();
  for (std::size_t c = 0; c < asked.columns(); ++c) {
    const auto group = groupOf(layout.grouping, asked.columns(), first + c) - out.trace.firstGroup;
    const float before = valueUnder(out.trace.grids.front()[group], weights[c], layout.bits);
    out.columns.push_back({static_cast<std::uint32_t>(group), weights[c], stood[c], decoded[c], before});
  }
  return out;
}

}  // namespace

std::size_t columnCount(const MethodExplanation& explanation) {
  if (const auto* of = explanation.as<GptqExplanation>()) return of->trace.steps.size();
  if (const auto* of = explanation.as<ScaledExplanation>()) return of->columns.size();
  return explanation.as<HqqExplanation>()->columns.size();
}

bool explainsColumns(const Scheme& scheme) {
  return scheme.method.name != MethodName::RoundToNearest && scheme.method.name != MethodName::ImportanceMatrix;
}

MethodExplanation explainColumns(const Scheme& scheme, const QuantizedTensor& source, std::uint64_t row,
                                 const TensorCalibration* calibration, const JobContext& job) {
  if (std::string why; !accepts(scheme, source.shape, &why)) throw Error(ErrorCode::InvalidArgument, why, source.name);
  if (row >= source.rows())
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("In the tensor {} there is no row {}.", io::inQuotes(source.name), row), source.name);
  requireCalibration(scheme, calibration, source.name);
  const Question asked{scheme, source, row, calibration, job};
  MethodExplanation out{source.name, scheme, row, {}};
  switch (scheme.method.name) {
    case MethodName::Gptq:
      out.of = explainGptq(asked);
      break;
    case MethodName::Awq:
      out.of = explainAwq(asked);
      break;
    case MethodName::SmoothQuant:
      out.of = explainSmoothQuant(asked);
      break;
    default:
      out.of = explainHqq(asked);
      break;
  }
  return out;
}

}  // namespace core::quant
