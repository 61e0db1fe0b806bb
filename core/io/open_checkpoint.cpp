#include <fmt/format.h>

#include <utility>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/io/gguf.h"
#include "core/io/stored_checkpoint.h"
#include "core/io/text_checks.h"

namespace core::io {

std::shared_ptr<const Checkpoint> openCheckpoint(const std::filesystem::path& path, const JobContext& job) {
  job.throwIfCancelled();
  StoredFile file = mapFile(path);
  const std::string name = path.filename().string();
  ParsedModel model = readGguf(file.bytes, inQuotes(name));
  if (model.name.empty()) model.name = name;
  return std::make_shared<const StoredCheckpoint>(std::move(model), std::vector{std::move(file)}, inQuotes(name));
}

}  // namespace core::io
