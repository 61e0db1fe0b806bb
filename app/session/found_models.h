#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/session/model_places.h"
#include "core/base/job_context.h"

namespace app {

/// A model that lies on this computer.
struct FoundModel {
  std::string source;  ///< what OpenModel::open takes: a file, a folder, "ollama:NAME"
  std::string name;    ///< "TinyLlama/TinyLlama-1.1B-Chat-v1.0"
  std::string origin;  ///< "Hugging Face", "Ollama", "LM Studio", "Jan", "llama.cpp"
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;  ///< when it came here, in seconds since 1970
};

/// Looks into those places: names, sizes and times only, no file is opened but Ollama's manifests. Newest first; the
/// same file reached from two places once; parts of a split file are one model; what is no language model by its name
/// (the image encoders called mmproj) is left out.
/// @throws core::Cancelled
std::vector<FoundModel> findModels(const ModelPlaces& places, const core::JobContext& job = core::JobContext());

}  // namespace app
