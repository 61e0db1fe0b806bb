#pragma once
#include <QString>
#include <cstdint>
#include <vector>

#include "core/base/job_context.h"

namespace app {

/// A model that lies on this computer.
struct FoundModel {
  QString path;    ///< what ModelLoader::open takes
  QString name;    ///< "TinyLlama/TinyLlama-1.1B-Chat-v1.0"
  QString origin;  ///< "Hugging Face", "LM Studio", "Ollama"
  std::uint64_t bytes = 0;
};

/// Folders other programs keep models in, by environment and home folder.
struct ModelPlaces {
  QString huggingFaceHub;         ///< $HF_HUB_CACHE, $HF_HOME/hub or ~/.cache/huggingface/hub
  std::vector<QString> lmStudio;  ///< ~/.lmstudio/models, ~/.cache/lm-studio/models
  QString ollama;                 ///< the store that ollama:NAME looks into; empty when there is none
  static ModelPlaces ofThisUser();
};

/// Looks into those folders (names and sizes only; no file is opened but Ollama's manifests). Largest first within each
/// place, at most 40.
/// @throws core::Cancelled
std::vector<FoundModel> findModels(const ModelPlaces& places, const core::JobContext& job);

}  // namespace app
