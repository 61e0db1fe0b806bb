#pragma once
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "app/cli/command.h"
#include "app/session/divergence_study.h"

namespace app::cli {

/// The word for the text that the built-in model is calibrated with.
inline constexpr std::string_view kCalibrationText = "calibration";

/// On which text and device the verbs measure that exchange tensors.
struct StudyOptions {
  std::string text, device = "auto", kvType = "f16";
  core::evaluate::ReadingSettings reading;
  StudyPositions positions = StudyPositions::Answers;
  bool usesCache = true;

  /// @param builtIn the text of the built-in model where none is named  @throws core::Error
  StudyRequest request(const OpenModel& model, const std::string& builtIn) const;
};

/// Adds --text, --tokens, --context, --device, --kv-type and --no-cache.
void addStudy(CLI::App& command, StudyOptions& options);

}  // namespace app::cli
