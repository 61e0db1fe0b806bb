#include "app/session/calibrate_model.h"

#include <algorithm>

#include "app/session/demo_model.h"
#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/calibrate/model_hash.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/tensor_names.h"

namespace app {

namespace calibrate = core::calibrate;

calibrate::CalibrationText openText(const std::string& wordOrFile) {
  if (wordOrFile != kDemoText && wordOrFile != kProseText) {
    rememberRead(wordOrFile, "the calibration text");
    return calibrate::openCalibrationText(wordOrFile);
  }
  const bool isDemo = wordOrFile == kDemoText;
  auto text = calibrate::openCalibrationText(
      builtInTextPath(isDemo ? "calibration/conversations.jsonl" : "calibration/prose.txt"));
  text.title = isDemo ? "demo text" : "prose";
  return text;
}

calibrate::TokenWindows windowsOf(const OpenModel& model, const calibrate::CalibrationText& text,
                                  const calibrate::CalibrationSettings& settings, const core::JobContext& job) {
  if (model.whyCannotRead()) throw core::Error(core::ErrorCode::Unsupported, *model.whyCannotRead());
  const calibrate::TextReader reader{*model.tokenizer(), model.chatTemplate().get(), model.config().contextLength,
                                     model.isEncoder()};
  return calibrate::cutIntoWindows(text, reader, settings, job);
}

std::shared_ptr<calibrate::TextCalibration> calibrationOf(const OpenModel& model,
                                                          const calibrate::CalibrationText& text,
                                                          const calibrate::CalibrationSettings& settings,
                                                          const std::filesystem::path& cacheFolder,
                                                          const core::JobContext& job) {
  auto windows = windowsOf(model, text, settings, job);
  calibrate::TextCalibrationOptions options{calibrate::modelHash(model.checkpoint(), job.part(0.0, 0.9)), text.title,
                                            cacheFolder};
  const auto weights = model.weights().load(model.config(), {}, job.part(0.9, 1.0));
  return std::make_shared<calibrate::TextCalibration>(core::model::buildGraph(model.config(), weights),
                                                      std::move(windows), std::move(options));
}

const core::calibrate::TokenWindows* windowsOf(const core::quant::Calibration& calibration) {
  const auto* const read = dynamic_cast<const core::calibrate::TextCalibration*>(&calibration);
  return read == nullptr ? nullptr : &read->windows();
}

void calibrateModel(const OpenModel& model, const calibrate::CalibrationText& text,
                    const calibrate::CalibrationSettings& settings, const std::filesystem::path& cacheFolder,
                    const core::JobContext& job) {
  const auto calibration = calibrationOf(model, text, settings, cacheFolder, job.part(0.0, 0.1));
  calibration->readAll(job.part(0.1, 1.0));
  CalibrationState state;
  state.text = text.title;
  state.tokens = calibration->tokens();
  state.made = std::chrono::system_clock::now();
  job.throwIfCancelled();
  model.calibration().set(std::move(state), calibration);
}

void calibrateByImportance(const OpenModel& model, const std::filesystem::path& file) {
  const auto importance = openImportance(file);
  requireOwn(model, *importance);
  CalibrationState state;
  state.text = importance->title();
  state.made = std::chrono::system_clock::now();
  state.most = core::quant::CalibrationNeed::Importance;
  model.calibration().set(std::move(state), importance);
}

std::shared_ptr<calibrate::MatrixCalibration> openImportance(const std::filesystem::path& file) {
  rememberRead(file, "the importance matrix");
  return std::make_shared<calibrate::MatrixCalibration>(core::io::readImportanceMatrix(file),
                                                        core::io::printable(file.filename().string()));
}

void requireOwn(const OpenModel& model, const calibrate::MatrixCalibration& importance) {
  const bool isOwn = std::ranges::any_of(importance.matrix().entries, [&](const core::io::ImportanceEntry& entry) {
    const auto other = core::model::otherName(entry.name);
    return model.checkpoint().find(entry.name) || (other && model.checkpoint().find(*other));
  });
  if (isOwn) return;
  throw core::Error(core::ErrorCode::InvalidArgument,
                    core::io::inQuotes(importance.title()) +
                        " is the importance matrix of another model: it has none of this one's tensors.");
}

std::shared_ptr<const core::model::ImportanceSource> sourceOf(const calibrate::MatrixCalibration& importance) {
  auto source = std::make_shared<core::model::ImportanceSource>();
  source->title = importance.title();
  source->identity = importance.identity();
  source->datasets = importance.matrix().datasets;
  source->chunks = importance.matrix().chunkCount;
  for (const auto& entry : importance.matrix().entries) source->weights.insert(entry.name);
  return source;
}

}  // namespace app
