#include "core/io/split_gguf.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/io/gguf.h"
#include "core/io/split_name.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::string_view kNumber = "split.no", kCount = "split.count", kTensors = "split.tensors.count";

std::string splitSourceOf(const std::filesystem::path& path) { return inQuotes(path.filename().string()); }

[[noreturn]] void throwInconsistent(const std::string& source, std::string_view detail) {
  throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", source, detail));
}

/// What a part says about the split, as number for a comparison.
std::string shown(const ParsedModel& part, std::string_view key) {
  const MetadataValue* const value = part.metadata.find(key);
  if (value == nullptr) return "nothing";
  const auto* const text = std::get_if<std::string>(value);
  return text != nullptr ? inQuotes(*text) : toDisplayText(*value);
}

bool says(const ParsedModel& part, std::string_view key, std::uint64_t expected) {
  const MetadataValue* const value = part.metadata.find(key);
  if (value == nullptr) return false;
  if (const auto* number = std::get_if<std::uint64_t>(value)) return *number == expected;
  const auto* number = std::get_if<std::int64_t>(value);
  return number != nullptr && *number >= 0 && static_cast<std::uint64_t>(*number) == expected;
}

void checkPart(const ParsedModel& part, const ParsedModel& first, std::size_t number, std::size_t count,
               const std::string& source) {
  if (!says(part, kCount, count)) {
    throwInconsistent(source,
                      fmt::format("expected a part of {}, but its {} is {}", count, kCount, shown(part, kCount)));
  }
  if (!says(part, kNumber, number)) {
    throwInconsistent(source, fmt::format("expected part {} of {}, but its {} (from 0) is {}", number + 1, count,
                                          kNumber, shown(part, kNumber)));
  }
  if (shown(part, kTensors) != shown(first, kTensors)) {
    throwInconsistent(source, fmt::format("its {} is {}, but that of the first part is {}; they are parts of different "
                                          "models",
                                          kTensors, shown(part, kTensors), shown(first, kTensors)));
  }
  if (!part.architecture.empty() && part.architecture != first.architecture) {
    throwInconsistent(source, fmt::format("its architecture is {}, but that of the first part is {}",
                                          inQuotes(part.architecture), inQuotes(first.architecture)));
  }
}

std::shared_ptr<const Checkpoint> openParts(const std::filesystem::path& path, const JobContext& job, Found found) {
  const auto name = parseSplitName(path);
  if (!name) {
    throwInconsistent(splitSourceOf(path),
                      "it is one part of a model in several files, which are only found when they are "
                      "called like NAME-00001-of-00002.gguf");
  }
  std::vector<StoredFile> files;
  std::vector<ParsedModel> parts;
  std::vector<std::string> sources;
  for (const auto& part : findParts(path, *name)) {
    job.progress(static_cast<double>(parts.size()) / name->count, "Opening parts");
    files.push_back(mapFile(part));
    sources.push_back(splitSourceOf(part));
    parts.push_back(readGguf(files.back().bytes, sources.back()));
  }
  ParsedModel model = joinParts(std::move(parts), sources);
  if (model.name.empty()) model.name = name->prefix;
  apply(std::move(found), model);
  return std::make_shared<const StoredCheckpoint>(std::move(model), std::move(files), inQuotes(name->prefix));
}

}  // namespace

bool isSplit(const ParsedModel& part) {
  return part.metadata.find(kCount) != nullptr && !says(part, kCount, 0) && !says(part, kCount, 1);
}

ParsedModel joinParts(std::vector<ParsedModel> parts, std::span<const std::string> names) {
  for (std::size_t i = 0; i < parts.size(); ++i) checkPart(parts[i], parts[0], i, parts.size(), names[i]);
  ParsedModel model = std::move(parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    for (TensorInfo& tensor : parts[i].tensors) {
      tensor.file = static_cast<std::uint32_t>(i);
      model.tensors.push_back(std::move(tensor));
    }
    model.warnings.insert(model.warnings.end(), std::make_move_iterator(parts[i].warnings.begin()),
                          std::make_move_iterator(parts[i].warnings.end()));
  }
  if (model.metadata.find(kTensors) != nullptr && !says(model, kTensors, model.tensors.size())) {
    throwInconsistent(names[0], fmt::format("its {} is {}, but the {} parts hold {} tensors", kTensors,
                                            shown(model, kTensors), parts.size(), model.tensors.size()));
  }
  // A first part without tensors (gguf-split can keep it for the metadata alone) is no vocabulary.
  if (model.kind == ModelKind::Vocabulary && !model.tensors.empty()) model.kind = ModelKind::Model;
  return model;
}

std::shared_ptr<const Checkpoint> openGguf(const std::filesystem::path& path, StoredFile file, const JobContext& job,
                                           Found found) {
  const std::string name = path.filename().string();
  ParsedModel model = readGguf(file.bytes, inQuotes(name));
  if (isSplit(model)) return openParts(path, job, std::move(found));
  if (model.name.empty()) model.name = name;
  const auto arrays = found.arrays;
  apply(std::move(found), model);
  return std::make_shared<const StoredCheckpoint>(std::move(model), std::vector{std::move(file)}, inQuotes(name),
                                                  arrays);
}

}  // namespace core::io
