#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/io/gguf.h"
#include "core/io/safetensors.h"
#include "core/io/sharded_model.h"
#include "core/io/stored_checkpoint.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::string_view kPyTorch =
    "a PyTorch file, which is not supported because reading its pickle can run code; convert it to safetensors";

bool startsWith(std::span<const std::byte> bytes, std::string_view prefix) {
  return bytes.size() >= prefix.size() && std::memcmp(bytes.data(), prefix.data(), prefix.size()) == 0;
}

bool looksLikeJson(std::span<const std::byte> bytes) {
  for (const std::byte value : bytes.first(std::min<std::size_t>(bytes.size(), 64))) {
    const char character = static_cast<char>(value);
    if (character == '{') return true;
    if (character != ' ' && character != '\n' && character != '\r' && character != '\t') return false;
  }
  return false;
}

/// What people open by mistake, in words that help.
std::string describe(std::span<const std::byte> bytes) {
  struct Known {
    std::string_view prefix, description;
  };
  constexpr Known kKnown[] = {
      {"PK\x03\x04", kPyTorch},
      {"\x80\x02", kPyTorch},
      {"\x80\x03", kPyTorch},
      {"\x80\x04", kPyTorch},
      {"\x80\x05", kPyTorch},
      {"version https://git-lfs", "a Git LFS pointer; the model itself was not downloaded (run git lfs pull)"},
      {"tjgg", "a GGJT file, the predecessor of GGUF; convert the model again"},
      {"lmgg", "a GGML file, the predecessor of GGUF; convert the model again"},
      {"fmgg", "a GGMF file, the predecessor of GGUF; convert the model again"},
      {"\x89HDF", "an HDF5 file; convert it to safetensors"},
      {"\x93NUMPY", "a NumPy array"},
      {"<!DOCTYPE", "a web page; the download went wrong"},
      {"<html", "a web page; the download went wrong"},
  };
  for (const Known& known : kKnown) {
    if (startsWith(bytes, known.prefix)) return std::string(known.description);
  }
  const auto first = bytes.first(std::min<std::size_t>(bytes.size(), 8));
  return "a file that starts with " + inQuotes({reinterpret_cast<const char*>(first.data()), first.size()});
}

[[noreturn]] void throwNotAModel(std::span<const std::byte> bytes, const std::string& source) {
  const std::string found = describe(bytes);
  throw Error(found == kPyTorch ? ErrorCode::Unsupported : ErrorCode::InvalidFile,
              fmt::format("{}: expected a GGUF or safetensors model but found {}.", source, found), "byte 0");
}

std::shared_ptr<const Checkpoint> openGguf(const std::filesystem::path& path, StoredFile file) {
  const std::string name = path.filename().string();
  ParsedModel model = readGguf(file.bytes, inQuotes(name));
  if (model.name.empty()) model.name = name;
  return std::make_shared<const StoredCheckpoint>(std::move(model), std::vector{std::move(file)}, inQuotes(name));
}

}  // namespace

std::shared_ptr<const Checkpoint> openCheckpoint(const std::filesystem::path& path, const JobContext& job) {
  job.throwIfCancelled();
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return openFolder(path, job);
  StoredFile file = mapFile(path);
  const std::string source = inQuotes(path.filename().string());
  if (file.bytes.empty()) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: expected a GGUF or safetensors model but the file is empty.", source));
  }
  // By content first; the name only decides which sentence explains a file that starts like neither.
  if (looksLikeGguf(file.bytes)) return openGguf(path, std::move(file));
  if (looksLikeSafetensors(file.bytes)) return openSafetensors(path);
  if (looksLikeJson(file.bytes)) return openShardedSafetensors(path, job);
  const bool isForeign = describe(file.bytes).find("a file that starts") == std::string::npos;
  if (!isForeign && path.extension() == ".gguf") return openGguf(path, std::move(file));
  if (!isForeign && path.extension() == ".safetensors") return openSafetensors(path);
  throwNotAModel(file.bytes, source);
}

}  // namespace core::io
