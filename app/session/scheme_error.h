#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/evaluate/output_error.h"
#include "core/io/checkpoint.h"
#include "core/metrics/error_stats.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/quant/calibration.h"
#include "core/quant/scheme.h"

namespace app {

/// What of a scheme's errors is measured.
enum class Measure : std::uint8_t {
  Weights,
  Outputs  ///< as well the products of the weights with the inputs that a calibration text has shown
};

/// What a scheme does to one tensor: a row of the error table, a cell of the layer heat map.
struct SchemeError {
  std::size_t tensor = 0;      ///< index in the checkpoint
  core::quant::Scheme scheme;  ///< of another model's tensor, what it is stored under there
  std::string typeName;        ///< of another model's tensor that no scheme describes; empty otherwise
  double bitsPerWeight = 0;
  std::uint64_t bytes = 0;
  core::metrics::ErrorStats stats;
  /// Of the layer's products with its inputs on a calibration text. NaN where it was not measured, or no inputs are
  /// known; all but the weights' share NaN where only the inputs' second moments were at hand.
  core::evaluate::OutputError output;
  std::string refused;  ///< empty, or why this scheme cannot hold this tensor (then the numbers are 0)

  std::string schemeText() const { return typeName.empty() ? scheme.toString() : typeName; }
  std::string displayName() const { return typeName.empty() ? scheme.displayName() : typeName; }  ///< for people
};

/// Quantizes one tensor (where it is stored so already, it is taken as it is), compares, and forgets the result.
/// @param calibration for schemes that look at data and for outputs; null: those refuse
/// @throws core::Error, core::Cancelled
SchemeError measureSchemeError(const core::io::Checkpoint& checkpoint, std::size_t tensor,
                               const core::quant::Scheme& scheme, const core::JobContext& job = core::JobContext(),
                               core::quant::Calibration* calibration = nullptr, Measure what = Measure::Weights);

/// The same of what a recipe decided: a scheme, or another model's tensor. @pre it is one of them
SchemeError measureSchemeError(const core::io::Checkpoint& checkpoint, std::size_t tensor,
                               const core::model::TensorDecision& decision,
                               const core::JobContext& job = core::JobContext(),
                               core::quant::Calibration* calibration = nullptr, Measure what = Measure::Weights);

double value(const SchemeError& error, core::metrics::Metric metric);
/// As core::metrics::isWorse; of output errors, what was not measured is worse.
bool isWorse(const SchemeError& a, const SchemeError& b, core::metrics::Metric metric);

/// Whether `name` matches a pattern with * (any text) and ? (any character).
bool matchesPattern(std::string_view name, std::string_view pattern);

}  // namespace app
