#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace app {

/// How a model in Ollama's store is named wherever a model is named: ollama:NAME[:TAG].
inline constexpr const char* kOllamaPrefix = "ollama:";

/// The file or folder that what a person typed stands for: "demo" and its twin, ollama:NAME, hf:OWNER/NAME
/// (of the Hugging Face cache; nothing is downloaded), or a path as it is.
/// Ollama's store is $OLLAMA_MODELS, else the user's own, else that of the system service.
/// @throws core::Error (NotFound, InvalidArgument) saying what there is instead
std::filesystem::path locateModel(const std::string& model);

/// The store that ollama:NAME looks into; nothing when there is none on this computer.
std::optional<std::filesystem::path> ollamaStore();
/// The store that a model should be added to: that one where this user may write to it, else the user's own, which need
/// not exist. @throws core::Error (NotFound) without a home folder
std::filesystem::path ollamaStoreToFill();

}  // namespace app
