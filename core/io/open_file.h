#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/io/checkpoint.h"
#include "core/io/stored_checkpoint.h"

namespace core::io {

/// What the place a file was found in says about it.
struct Found {
  std::string name = {};                         ///< the model's name there ("org/model"); empty: as the file says
  std::vector<std::string> warnings = {};        ///< to add to the model's own
  Metadata metadata = {};                        ///< likewise
  std::shared_ptr<const void> arrays = nullptr;  ///< keeps what its arrays point to
};

/// openCheckpoint for a file, a folder or a store, on behalf of the place that named it.
std::shared_ptr<const Checkpoint> openPath(const std::filesystem::path& path, const JobContext& job, Found found);

/// Gives the model the name and the warnings of its place.
void apply(Found found, ParsedModel& model);

}  // namespace core::io
