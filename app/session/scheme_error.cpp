#include "app/session/scheme_error.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/session/measured_tensor.h"
#include "core/base/error.h"
#include "core/evaluate/expert_output_error.h"
#include "core/evaluate/output_error.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/quant/load_tensor.h"
#include "core/quant/matrix_name.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"

namespace app {

namespace {

/// Of a stack, over all experts that read something.
double measureExpertError(const core::quant::QuantizedTensor& original, const core::quant::QuantizedTensor& quantized,
                          core::quant::Calibration& calibration, const core::JobContext& job) {
  bool isKnown = false;
  const double error = core::evaluate::outputErrorBySecondMoments(
      original, quantized,
      [&](std::uint64_t expert) {
        auto known = calibration.of(core::quant::MatrixName{original.name, expert}.toString(),
                                    core::quant::CalibrationNeed::Hessian, job.part(0.0, 0.0));
        isKnown = isKnown || known != nullptr;
        return known;
      },
      job);
  return isKnown ? error : std::numeric_limits<double>::quiet_NaN();
}

/// @return NaN where the text has shown no inputs of the tensor
double measureOutputError(const core::quant::QuantizedTensor& original, const core::quant::QuantizedTensor& quantized,
                          core::quant::Calibration* calibration, const core::JobContext& job) {
  if (calibration == nullptr)
    throw core::Error(core::ErrorCode::InvalidArgument,
                      "The output error is measured on inputs: it needs a calibration text.", original.name);
  if (original.shape.rank() == 3) return measureExpertError(original, quantized, *calibration, job);
  const auto known = calibration->of(original.name, core::quant::CalibrationNeed::Hessian, job.part(0.0, 0.5));
  if (known == nullptr || known->hessian.empty()) return std::numeric_limits<double>::quiet_NaN();
  return core::evaluate::outputErrorBySecondMoment(original, quantized, known->hessian, job.part(0.5, 1.0));
}

}  // namespace

SchemeError measureSchemeError(const core::io::Checkpoint& checkpoint, std::size_t tensor,
                               const core::quant::Scheme& scheme, const core::JobContext& job,
                               core::quant::Calibration* calibration, Measure what) {
  core::model::TensorDecision decision;
  decision.scheme = scheme;
  return measureSchemeError(checkpoint, tensor, decision, job, calibration, what);
}

SchemeError measureSchemeError(const core::io::Checkpoint& checkpoint, std::size_t tensor,
                               const core::model::TensorDecision& decision, const core::JobContext& job,
                               core::quant::Calibration* calibration, Measure what) {
  const core::quant::QuantizedTensorPtr original = core::quant::loadTensor(checkpoint, tensor);
  SchemeError row;
  row.tensor = tensor;
  if (!decision.other) {
    row.scheme = *decision.scheme;
    if (!core::quant::accepts(row.scheme, original->shape, &row.refused)) return row;
  }
  const auto quantized = core::model::makeTensor(decision, original, job.part(0.0, 0.5), calibration);
  row = compareMade(tensor, decision, *original, *quantized, job.part(0.5, 0.7));
  if (what == Measure::Outputs)
    row.output.weights.value = measureOutputError(*original, *quantized, calibration, job.part(0.7, 1.0));
  return row;
}

SchemeError compareMade(std::size_t tensor, const core::model::TensorDecision& decision,
                        const core::quant::QuantizedTensor& original, const core::quant::QuantizedTensor& quantized,
                        const core::JobContext& job) {
  SchemeError row;
  row.tensor = tensor;
  if (!decision.other) {
    row.scheme = *decision.scheme;
  } else if (const bool isBeside = &decision.running() != &decision; isBeside) {
    row.typeName = decision.other->typeName();
  } else if (const auto stored = core::model::storedScheme(quantized)) {
    row.scheme = *stored;
  } else {
    row.typeName = decision.other->typeName();
  }
  // What was made for looking at it takes more than what runs: a matrix and factors beside it.
  row.bytes = decision.other && decision.other->adapted ? decision.other->bytes : quantized.bytes();
  row.bitsPerWeight = 8.0 * static_cast<double>(row.bytes) / static_cast<double>(quantized.shape.count());
  row.stats = core::metrics::compare(original, quantized, job);
  return row;
}

double value(const SchemeError& error, core::metrics::Metric metric) {
  return metric == core::metrics::Metric::OutputError ? error.output.weights.value
                                                      : core::metrics::value(error.stats, metric);
}

bool isWorse(const SchemeError& a, const SchemeError& b, core::metrics::Metric metric) {
  if (metric != core::metrics::Metric::OutputError) return core::metrics::isWorse(a.stats, b.stats, metric);
  const auto badness = [](const SchemeError& error) {
    const double share = error.output.weights.value;
    return std::isnan(share) ? std::numeric_limits<double>::infinity() : share;
  };
  return badness(a) > badness(b);
}

bool matchesPattern(std::string_view name, std::string_view pattern) {
  std::size_t n = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace app
