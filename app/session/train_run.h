#pragma once
#include <filesystem>
#include <string>
#include <variant>

#include "app/session/open_model.h"
#include "app/session/train_news.h"
#include "app/session/train_settings.h"

namespace app {

using LabSettings = std::variant<QatLabSettings, QloraLabSettings>;

/// What a run's folder says of it. The folder holds run.json (model, settings), history.json (what the visitor was
/// told), checkpoint.safetensors (what the next step needs) and what came out: trained-STEPS.gguf, a folder
/// trained-STEPS or adapter-STEPS. Each of them appears whole.
struct KeptRun {
  std::string source;     ///< what the model was opened by
  std::string modelHash;  ///< core::calibrate::modelHash
  LabSettings settings;
  TrainHistory history;  ///< up to the checkpoint

  const TrainSettings& common() const;
  std::uint64_t stepsDone() const;
  bool isFinished() const { return history.summary && history.summary->isFinished; }
};

/// Whether a folder holds a run.
bool isRun(const std::filesystem::path& folder);
/// @throws core::Error (NotFound, InvalidFile, Io) with one sentence
KeptRun readRun(const std::filesystem::path& folder);
/// Removes the files of a run, and the folder where nothing else is in it. What is no run stays.
void removeRun(const std::filesystem::path& folder);
/// A name for the folder of such a run: equal for equal settings on one model.
std::string runName(const std::string& modelHash, const LabSettings& settings);

}  // namespace app
