#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "app/session/open_model.h"
#include "core/calibrate/matrix_calibration.h"
#include "core/calibrate/text_calibration.h"

namespace app {

/// The words that stand for the built-in texts wherever a calibration text is named: conversations as the built-in
/// model has them, and prose, which is of another kind.
inline constexpr std::string_view kDemoText = "demo";
inline constexpr std::string_view kProseText = "prose";

/// A built-in text by its word, or a file: JSONL of chats where its name ends in ".jsonl", else plain text.
/// @throws core::Error with one sentence, as core::calibrate::parseCalibrationText and for a file that is not there
core::calibrate::CalibrationText openText(const std::string& wordOrFile);

/// The pieces of a text that the model is going to read. @throws core::Error (Unsupported) why the model cannot read a
/// text, (InvalidArgument) as cutIntoWindows, core::Cancelled
core::calibrate::TokenWindows windowsOf(const OpenModel& model, const core::calibrate::CalibrationText& text,
                                        const core::calibrate::CalibrationSettings& settings,
                                        const core::JobContext& job = core::JobContext());

/// What the text shows about the model's inputs, to be read as far as somebody asks.
/// @param cacheFolder empty: nothing is kept  @param job recognises the model, which reads all of it
/// @throws as windowsOf
std::shared_ptr<core::calibrate::TextCalibration> calibrationOf(const OpenModel& model,
                                                                const core::calibrate::CalibrationText& text,
                                                                const core::calibrate::CalibrationSettings& settings,
                                                                const std::filesystem::path& cacheFolder,
                                                                const core::JobContext& job = core::JobContext());

/// The pieces of text that a calibration reads; null for one that has none: an importance matrix.
const core::calibrate::TokenWindows* windowsOf(const core::quant::Calibration& calibration);

/// Reads the whole text and makes that the model's calibration. For a job. @throws as calibrationOf, and reading it
void calibrateModel(const OpenModel& model, const core::calibrate::CalibrationText& text,
                    const core::calibrate::CalibrationSettings& settings, const std::filesystem::path& cacheFolder,
                    const core::JobContext& job);

/// Makes an importance matrix the model's calibration. @throws as openImportance and requireOwn
void calibrateByImportance(const OpenModel& model, const std::filesystem::path& file);

/// An importance matrix as a calibration, titled by its file's name. @throws core::Error
std::shared_ptr<core::calibrate::MatrixCalibration> openImportance(const std::filesystem::path& file);
/// @throws core::Error (InvalidArgument) when it has nothing on any of the model's tensors: it is another model's
void requireOwn(const OpenModel& model, const core::calibrate::MatrixCalibration& importance);
/// An importance matrix for a recipe.
std::shared_ptr<const core::model::ImportanceSource> sourceOf(const core::calibrate::MatrixCalibration& importance);

}  // namespace app
