#include "core/quant/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace core::quant {

namespace {

/// @param values that it should have
std::span<const float> importanceRow(const TensorCalibration* calibration, std::uint64_t rowValues) {
  if (calibration == nullptr || calibration->importance.empty()) return {};
  const std::vector<float>& importance = calibration->importance;
  if (importance.size() != rowValues)
    throw Error(ErrorCode::InvalidArgument, fmt::format("The importance matrix has {} columns for rows of {} values.",
                                                        importance.size(), rowValues));
  if (std::any_of(importance.begin(), importance.end(), [](float w) { return !std::isfinite(w) || w < 0.0F; }))
    throw Error(ErrorCode::InvalidArgument, "The importance matrix has a negative or infinite value.");
  return importance;
}

}  // namespace

std::span<const float> importanceRows(const TensorCalibration* calibration, const tensor::Shape& shape) {
  const std::uint64_t rowValues = shape.rowValues();
  const std::uint64_t matrices = shape.rank() < 3 || shape.isEmpty() ? 1 : shape.rows() / shape[shape.rank() - 2];
  const bool isStack = calibration != nullptr && matrices > 1 && calibration->importance.size() == matrices * rowValues;
  return isStack ? importanceRow(calibration, matrices * rowValues) : importanceRow(calibration, rowValues);
}

CalibrationNeed calibrationNeed(const Scheme& scheme) {
  const CalibrationNeed ofInputs = scheme.activations.isStatic() ? CalibrationNeed::Columns : CalibrationNeed::None;
  switch (scheme.method.name) {
    case MethodName::RoundToNearest:
    case MethodName::Hqq:
      return ofInputs;
    case MethodName::ImportanceMatrix:
      return std::max(ofInputs, CalibrationNeed::Importance);
    case MethodName::SmoothQuant:
      return CalibrationNeed::Columns;
    case MethodName::Gptq:
    case MethodName::Awq:
      return CalibrationNeed::Hessian;
  }
  return ofInputs;
}

std::optional<Scheme> byImportance(const Scheme& scheme) {
  if (scheme.method.name != MethodName::RoundToNearest) return std::nullopt;
  Scheme weighted = scheme;
  weighted.method.name = MethodName::ImportanceMatrix;
  return weighted.problem().empty() ? std::optional(weighted) : std::nullopt;
}

}  // namespace core::quant
