#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/open_file.h"

namespace core::io {

/// The store of Ollama (source: its documentation and the layout of its models folder):
///   manifests/HOST/NAMESPACE/MODEL/TAG   JSON: {"layers": [{"mediaType": …, "digest": "sha256:…", "size": …}, …]}
///   blobs/sha256-…                       one file per layer; that of type …image.model is a GGUF file
/// "llama3.2" stands for registry.ollama.ai/library/llama3.2/latest. What a model was given there beside its file goes
/// to the metadata under keys of its own: the prompt's template (in Go's language, not the model's own in Jinja), the
/// system message, the parameters.
inline constexpr std::string_view kOllamaKeys = "ollama.";

struct OllamaLayer {
  std::string mediaType, digest;
  std::uint64_t size = 0;
};

bool looksLikeOllamaManifest(std::span<const std::byte> bytes);

/// @throws Error (InvalidFile) "SOURCE: …", also for a digest that is none: it becomes part of a path
std::vector<OllamaLayer> readOllamaManifest(std::span<const std::byte> bytes, std::string_view source);

/// The manifest that NAME[:TAG] (NAMESPACE/NAME, HOST/NAMESPACE/NAME) stands for.
/// @throws Error (InvalidArgument) for what is no such name, (NotFound) naming what the store holds instead
std::filesystem::path ollamaManifest(const std::filesystem::path& store, std::string_view name);

/// Opens the model a manifest names. The store is the folder above it that has a blobs folder.
/// @throws Error as openCheckpoint; (NotFound, InvalidFile) when the blob is missing or of another size
std::shared_ptr<const Checkpoint> openOllamaManifest(const std::filesystem::path& manifest, const JobContext& job);

/// The store a folder is or holds in "models"; nothing when it is none.
std::optional<std::filesystem::path> ollamaStoreIn(const std::filesystem::path& folder);

/// A model of a store without opening it: what a list of models shows.
struct OllamaModel {
  std::string name;         ///< "llama3.2:latest"
  std::uint64_t bytes = 0;  ///< of its GGUF file, as the manifest says
  std::filesystem::path manifest;
};
/// The models of a store in the order of their names; manifests that cannot be read or name no GGUF file are left out.
std::vector<OllamaModel> ollamaModels(const std::filesystem::path& store);

/// Opens the model of a store that holds one. @throws Error (InvalidArgument, NotFound) listing the models
std::shared_ptr<const Checkpoint> openOnlyModel(const std::filesystem::path& store, const JobContext& job);

}  // namespace core::io
