#include "core/quant/input_quantizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/quant/input_range.h"
#include "core/quant/row_scale.h"

namespace core::quant {

namespace {

constexpr float kSteps = 255.0F, kLowestCode = -128.0F, kHighestCode = 127.0F;  // of a signed byte
constexpr float kLeastScale = std::bit_cast<float>(kLeastBits);                 // below, inputs count as zeros

/// Of inputs that are divided column by column.
InputRange dividedRange(const Activations& activations, const TensorCalibration& calibration,
                        const std::vector<float>& divisors, const std::string& tensor) {
  if (activations.range != ActivationRange::MinMax || calibration.maxMagnitude.size() != divisors.size())
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("The inputs of {} are divided column by column, of which a text shows only the largest: "
                            "input_range=minmax goes by it.",
                            io::inQuotes(tensor)),
                tensor);
  float largest = 0.0F;
  for (std::size_t c = 0; c < divisors.size(); ++c)
    largest = std::max(largest, calibration.maxMagnitude[c] / divisors[c]);
  return {calibration.inputs.min < 0.0F ? -largest : 0.0F, calibration.inputs.max > 0.0F ? largest : 0.0F};
}

void setStatic(const InputRange& range, InputQuantizer& quantizer) {
  if (quantizer.name == ActivationName::Fp8Static) {
    quantizer.scale = std::max(-range.low, range.high) / kLargestE4M3;
    if (quantizer.scale < kLeastScale) quantizer.scale = 0.0F;
    return;
  }
  quantizer.scale = range.high / kSteps - range.low / kSteps;  // the difference may be infinite
  if (quantizer.scale < kLeastScale) quantizer.scale = 0.0F;
  if (quantizer.scale == 0.0F) return;
  const float zero = std::nearbyint(kLowestCode - range.low / quantizer.scale);
  quantizer.zeroPoint = static_cast<std::int32_t>(std::clamp(zero, kLowestCode, kHighestCode));
}

}  // namespace

std::optional<InputQuantizer> inputQuantizer(const Activations& activations, const TensorCalibration* calibration,
                                             const ColumnChanges* changes, const std::string& tensor) {
  if (activations.name == ActivationName::None) return std::nullopt;
  InputQuantizer quantizer{.name = activations.name};
  if (activations.name == ActivationName::LlmInt8) quantizer.threshold = activations.threshold;
  if (!activations.isStatic()) return quantizer;
  if (calibration == nullptr || calibration->inputs.isEmpty())
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Static activations need a text that shows the inputs of {}.", io::inQuotes(tensor)),
                tensor);
  const bool areDivided = changes != nullptr && !changes->inputScales.empty();
  setStatic(areDivided ? dividedRange(activations, *calibration, changes->inputScales, tensor)
                       : inputRange(activations, calibration->inputs),
            quantizer);
  return quantizer;
}

}  // namespace core::quant
