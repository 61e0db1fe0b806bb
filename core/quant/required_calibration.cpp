#include "core/quant/required_calibration.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::quant {

void requireCalibration(const Scheme& scheme, const TensorCalibration* calibration, const std::string& name) {
  const CalibrationNeed need = calibrationNeed(scheme);
  if (need == CalibrationNeed::None) return;
  const bool isKnown =
      calibration != nullptr && (need == CalibrationNeed::Hessian      ? !calibration->hessian.empty()
                                 : need == CalibrationNeed::Importance ? !calibration->importance.empty()
                                                                       : !calibration->maxMagnitude.empty());
  if (isKnown) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("{} needs {} for the tensor {}.", scheme.displayName(),
                          need == CalibrationNeed::Importance ? "an importance matrix" : "a calibration text",
                          io::inQuotes(name)),
              name);
}

}  // namespace core::quant
