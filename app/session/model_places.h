#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace app {

/// Where programs keep models on this computer, by their environment variables, settings and habits on Linux.
/// Sources: huggingface_hub's constants.py; Ollama's documentation; LM Studio's pointer file and settings; Jan's
/// resolution of its data folder; llama.cpp's common/download.
struct ModelPlaces {
  /// A tree of folders with GGUF files and folders of safetensors.
  struct Tree {
    std::string origin;  ///< "LM Studio"
    std::filesystem::path folder;
  };
  std::filesystem::path
      huggingFaceHub;  ///< $HF_HUB_CACHE, $HUGGINGFACE_HUB_CACHE, $HF_HOME/hub, or in the user's cache
  std::vector<Tree> trees;
  std::filesystem::path ollama;  ///< the store that ollama:NAME looks into; empty when there is none

  static ModelPlaces ofThisUser();
};

}  // namespace app
