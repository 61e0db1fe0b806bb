#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace core::io {

/// "ORG/NAME" for a folder called models--ORG--NAME or a snapshot in one (models--ORG--NAME/snapshots/REVISION).
std::optional<std::string> repositoryName(const std::filesystem::path& folder);

/// The snapshot that a models--ORG--NAME folder stands for: the one refs/main names, or the only one; nothing when the
/// folder is none of the cache's.
/// @throws Error (NotFound, InvalidArgument) when there is no snapshot or no way to tell which one is meant
std::optional<std::filesystem::path> cachedSnapshot(const std::filesystem::path& folder);

}  // namespace core::io
