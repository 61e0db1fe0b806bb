#pragma once
#include <string>
#include <string_view>

#include "app/remote/range_download.h"
#include "app/remote/remote_model.h"

namespace app::remote {

/// A model's name as Ollama reads it: [SCHEME://][HOST/][NAMESPACE/]MODEL[:TAG]. Source: ollama/types/model/name.go.
struct OllamaName {
  std::string scheme = "https", host = "registry.ollama.ai", space = "library", model, tag = "latest";

  /// The shortest text that means it, behind "ollama:".
  std::string toString() const;
  std::string url(std::string_view kind, std::string_view what) const;  ///< SCHEME://HOST/v2/SPACE/MODEL/KIND/WHAT
};

/// @param name with or without "ollama:"
/// @throws core::Error (InvalidArgument) for what is none: every part becomes a part of a path. Without encryption
/// only where the name says http://
OllamaName parseOllamaName(std::string_view name);

/// The registry's protocol, that of Docker's registries. Sources: ollama/server/images.go (pullModelManifest),
/// server/download.go; "OCI Distribution Specification".
/// What a tag holds: one variant, whose files are its layers ("sha256:…" as paths) with the settings last.
RemoteModel listOllama(const OllamaName& name, const core::JobContext& job, const Patience& patience);

/// Downloads the layers into the store and then writes the manifest.
GotModel getOllama(const OllamaName& name, const RemoteModel& listed, const core::JobContext& job,
                   const Patience& patience);

}  // namespace app::remote
