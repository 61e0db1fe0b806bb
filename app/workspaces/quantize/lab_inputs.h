#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/session/open_model.h"
#include "core/calibrate/input_study.h"
#include "core/quant/scheme.h"

namespace app {

/// Which inputs to study, under which ranges.
struct InputQuestion {
  std::shared_ptr<OpenModel> model;
  std::string tensor;                       ///< the weight whose inputs are meant
  core::quant::CalibrationPtr calibration;  ///< what static ranges go by
  std::string text;                         ///< that is read: a built-in text's word or a file
  core::quant::Activations activations;     ///< of the scheme: its percentile, its threshold, whether codes are FP8
};

/// A token of the text that was read.
struct InputToken {
  std::string token;   ///< as people read it
  std::string before;  ///< some text in front of it, and behind it
  std::string after;
};

struct LabInputs {
  core::quant::InputHistogram calibrated;  ///< of the calibration text
  core::calibrate::InputStudy study;       ///< of the text that was read: min–max, percentile, entropy, dynamic
  std::vector<InputToken> tokens;          ///< one per token of the study
  std::string text;                        ///< that was read, for people
  bool isCalibrated = false;               ///< it is the calibration text itself
  /// Columns of the inputs, and those that reach the scheme's threshold on the calibration text (LLM.int8()).
  std::uint64_t columns = 0, outlierColumns = 0;
};

/// Asks the calibration and runs the model over the text, as far as the layer. For a job.
/// @throws core::Error when nothing is known of the inputs, or the text cannot be read; core::Cancelled
LabInputs studyLayerInputs(const InputQuestion& question, const core::JobContext& job = core::JobContext());

/// The ways that are compared.
std::vector<core::quant::Activations> inputWays(const core::quant::Activations& activations);

}  // namespace app
