#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/error.h"
#include "core/io/gguf.h"
#include "core/io/model_folder.h"
#include "core/io/ollama_store.h"
#include "core/io/open_file.h"
#include "core/io/safetensors.h"
#include "core/io/sharded_model.h"
#include "core/io/side_files.h"
#include "core/io/sniff.h"
#include "core/io/split_gguf.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::string_view kExpected = "a GGUF or safetensors model";

bool looksLikeJson(std::span<const std::byte> bytes) {
  for (const std::byte value : bytes.first(std::min<std::size_t>(bytes.size(), 64))) {
    const char character = static_cast<char>(value);
    if (character == '{') return true;
    if (character != ' ' && character != '\n' && character != '\r' && character != '\t') return false;
  }
  return false;
}

[[noreturn]] void throwNotAModel(std::span<const std::byte> bytes, const std::string& source) {
  const auto first = bytes.first(std::min<std::size_t>(bytes.size(), 8));
  throw Error(ErrorCode::InvalidFile,
              fmt::format("{}: expected {} but found a file that starts with {}.", source, kExpected,
                          inQuotes({reinterpret_cast<const char*>(first.data()), first.size()})),
              "byte 0");
}

}  // namespace

void apply(Found found, ParsedModel& model) {
  if (!found.name.empty()) model.name = std::move(found.name);
  model.warnings.insert(model.warnings.end(), std::make_move_iterator(found.warnings.begin()),
                        std::make_move_iterator(found.warnings.end()));
  addMissing(model.metadata, found.metadata);
}

std::shared_ptr<const Checkpoint> openPath(const std::filesystem::path& path, const JobContext& job, Found found) {
  job.throwIfCancelled();
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return openFolder(path, job, std::move(found));
  StoredFile file = mapFile(path);
  const std::string source = inQuotes(path.filename().string());
  if (file.bytes.empty()) {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: expected {} but the file is empty.", source, kExpected));
  }
  // By content first; the name only decides which sentence explains a file that starts like neither.
  if (looksLikeGguf(file.bytes)) return openGguf(path, std::move(file), job, std::move(found));
  if (looksLikeSafetensors(file.bytes)) return openSafetensors(path, job, std::move(found));
  throwIfForeign(file.bytes, source, kExpected);
  if (looksLikeOllamaManifest(file.bytes)) return openOllamaManifest(path, job);
  if (looksLikeJson(file.bytes)) return openShardedSafetensors(path, job, std::move(found));
  if (path.extension() == ".gguf") return openGguf(path, std::move(file), job, std::move(found));
  if (path.extension() == ".safetensors") return openSafetensors(path, job, std::move(found));
  throwNotAModel(file.bytes, source);
}

std::shared_ptr<const Checkpoint> openCheckpoint(const std::filesystem::path& path, const JobContext& job) {
  return openPath(path, job, {});
}

}  // namespace core::io
