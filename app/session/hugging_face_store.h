#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace app {

/// How a model of the Hugging Face hub is named wherever a model is named: hf:OWNER/NAME[:VARIANT][@REVISION].
inline constexpr const char* kHubPrefix = "hf:";

/// What such a name says. The variant is a quantization ("Q4_K_M"), "safetensors", or a file's path.
struct HubName {
  std::string repository;         ///< "OWNER/NAME"; old models have no owner
  std::string variant;            ///< empty: not said
  std::string revision = "main";  ///< a branch, a tag or a commit

  std::string toString() const;
};

/// @param name with its prefix
/// @throws core::Error (InvalidArgument) for what can be none: the rules are those of huggingface_hub's
/// validate_repo_id, and a revision may not lead out of a folder
HubName parseHubName(std::string_view name);

/// Where huggingface_hub keeps what it downloads: $HF_HUB_CACHE, $HUGGINGFACE_HUB_CACHE, $HF_HOME/hub,
/// $XDG_CACHE_HOME/huggingface/hub or ~/.cache/huggingface/hub. Source: huggingface_hub/constants.py.
/// @throws core::Error (NotFound) where there is not even a home folder
std::filesystem::path hubCacheFolder();
/// The folder above: $HF_HOME, $XDG_CACHE_HOME/huggingface or ~/.cache/huggingface; empty without a home folder.
std::filesystem::path hubHomeFolder();

/// The folder of a repository in the cache: models--OWNER--NAME.
std::filesystem::path hubRepositoryFolder(const std::filesystem::path& cache, std::string_view repository);

/// The quantization that the name of a GGUF file speaks of, in upper case: "Q4_K_M", "UD-IQ2_XXS", "BF16"; nothing
/// where it speaks of none. Source: the naming convention of the GGUF specification.
std::optional<std::string> quantizationInName(std::string_view path);

/// The file or folder in the cache that a name stands for, without asking anybody.
/// @throws core::Error (NotFound, InvalidArgument) saying what there is instead, and how to get it
std::filesystem::path locateHubModel(std::string_view name);

}  // namespace app
