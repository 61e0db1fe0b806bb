#pragma once
#include <string>

#include "core/quant/calibration.h"

namespace core::quant {

/// @param calibration of the tensor `name`; may be null
/// @throws Error (InvalidArgument) with a sentence when it does not know what the scheme asks for
void requireCalibration(const Scheme& scheme, const TensorCalibration* calibration, const std::string& name);

}  // namespace core::quant
