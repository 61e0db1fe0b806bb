#include "core/io/sharded_model.h"

#include <fmt/format.h>

#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/io/list_folder.h"
#include "core/io/model_folder.h"
#include "core/io/safetensors.h"
#include "core/io/side_files.h"
#include "core/io/split_name.h"
#include "core/io/text_checks.h"
#include "core/io/weight_index.h"

namespace core::io {

namespace {

std::string sourceOf(const std::filesystem::path& path) { return inQuotes(path.filename().string()); }

/// Files of several shards, mapped and parsed one by one; metadata and warnings go to the model.
struct Shards {
  std::vector<StoredFile> files;
  std::vector<std::vector<TensorInfo>> tensors;

  void add(const std::filesystem::path& path, ParsedModel& model) {
    files.push_back(mapFile(path));
    ParsedModel shard = readSafetensors(files.back().bytes, sourceOf(path));
    addMissing(model.metadata, shard.metadata);
    model.warnings.insert(model.warnings.end(), std::make_move_iterator(shard.warnings.begin()),
                          std::make_move_iterator(shard.warnings.end()));
    for (TensorInfo& tensor : shard.tensors) tensor.file = static_cast<std::uint32_t>(tensors.size());
    tensors.push_back(std::move(shard.tensors));
  }
};

/// Looks up every tensor of the index in the shard that should hold it.
void place(const WeightIndex& index, const Shards& shards, ParsedModel& model, const std::string& source) {
  std::vector<std::unordered_map<std::string_view, const TensorInfo*>> tables(shards.tensors.size());
  for (std::size_t shard = 0; shard < tables.size(); ++shard) {
    for (const TensorInfo& tensor : shards.tensors[shard]) tables[shard].emplace(tensor.name, &tensor);
  }
  for (const auto& [tensor, shard] : index.placements) {
    const auto found = tables[shard].find(tensor);
    if (found == tables[shard].end()) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}: the tensor {} should be in {}, which does not hold it.", source, inQuotes(tensor),
                              inQuotes(index.shards[shard])),
                  tensor);
    }
    model.tensors.push_back(*found->second);
  }
}

/// Lists what the shards hold beyond the index: the program shows what is there.
void addUnnamed(const WeightIndex& index, const Shards& shards, ParsedModel& model, const std::string& source) {
  std::unordered_set<std::string_view> known;
  for (const auto& placement : index.placements) known.insert(placement.tensor);
  const std::size_t named = model.tensors.size();
  for (const auto& tensors : shards.tensors) {
    for (const TensorInfo& tensor : tensors) {
      if (known.insert(tensor.name).second) model.tensors.push_back(tensor);
    }
  }
  if (model.tensors.size() == named) return;
  model.warnings.push_back(fmt::format("{}: it does not name {} of the tensors that its shards hold, the first is {}.",
                                       source, model.tensors.size() - named, inQuotes(model.tensors[named].name)));
}

std::shared_ptr<const Checkpoint> finish(ParsedModel model, Shards shards, const std::filesystem::path& folder,
                                         const std::string& source, Found found) {
  auto arrays = addSideFiles(folder, model);
  apply(std::move(found), model);
  return std::make_shared<const StoredCheckpoint>(std::move(model), std::move(shards.files), source, std::move(arrays));
}

/// The other shards of one, by its name; nothing when it stands alone.
std::shared_ptr<const Checkpoint> openWithItsShards(const std::filesystem::path& path, const JobContext& job,
                                                    Found& found) {
  const auto name = parseSplitName(path);
  if (!name || name->count < 2) return nullptr;
  const auto index = path.parent_path() / (name->prefix + name->extension + ".index.json");
  std::error_code ignored;
  if (std::filesystem::exists(index, ignored)) return openIndexOrShards(index, job, std::move(found));
  return openShards(findParts(path, *name), job, std::move(found));
}

}  // namespace

std::shared_ptr<const Checkpoint> openSafetensors(const std::filesystem::path& path, const JobContext& job,
                                                  Found found) {
  if (auto whole = openWithItsShards(path, job, found)) return whole;
  const std::string name = path.filename().string();
  Shards shards;
  shards.files.push_back(mapFile(path));
  ParsedModel model = readSafetensors(shards.files.back().bytes, inQuotes(name));
  const bool isFoldersModel = name == "model.safetensors" || name == "adapter_model.safetensors";
  model.name = isFoldersModel ? modelNameOf(path.parent_path()) : name;
  if (isFoldersModel)
    return finish(std::move(model), std::move(shards), path.parent_path(), inQuotes(name), std::move(found));
  apply(std::move(found), model);
  return std::make_shared<const StoredCheckpoint>(std::move(model), std::move(shards.files), inQuotes(name));
}

std::shared_ptr<const Checkpoint> openShardedSafetensors(const std::filesystem::path& index, const JobContext& job,
                                                         Found found) {
  const std::string source = sourceOf(index);
  WeightIndex map;
  {
    const MappedFile file(index);
    map = readWeightIndex(file.contents(), source);
  }
  const auto folder = index.parent_path();
  ParsedModel model{FileFormat::Safetensors, modelNameOf(folder), {}, {}, {}};
  Shards shards;
  for (const std::string& shard : map.shards) {
    job.progress(static_cast<double>(shards.files.size()) / static_cast<double>(map.shards.size()), "Opening shards");
    shards.add(folder / shard, model);
  }
  place(map, shards, model, source);
  addUnnamed(map, shards, model, source);
  return finish(std::move(model), std::move(shards), folder, source, std::move(found));
}

std::shared_ptr<const Checkpoint> openIndexOrShards(const std::filesystem::path& index, const JobContext& job,
                                                    Found found) {
  try {
    return openShardedSafetensors(index, job, found);
  } catch (const Error& error) {
    const auto shards = filesEndingIn(index.parent_path(), ".safetensors");
    // Whatever else is wrong (a missing shard, a tensor that is not there) makes the model incomplete.
    if (error.where() != kUnreadableIndex || shards.empty()) throw;
    found.warnings.push_back(fmt::format("The index was left out, so that all shards are listed. {}", error.what()));
    return openShards(shards, job, std::move(found));
  }
}

std::shared_ptr<const Checkpoint> openShards(std::span<const std::filesystem::path> paths, const JobContext& job,
                                             Found found) {
  const auto folder = paths.front().parent_path();
  ParsedModel model{FileFormat::Safetensors, modelNameOf(folder), {}, {}, {}};
  Shards shards;
  for (const auto& path : paths) {
    job.progress(static_cast<double>(shards.files.size()) / static_cast<double>(paths.size()), "Opening shards");
    shards.add(path, model);
  }
  for (auto& tensors : shards.tensors) {
    std::move(tensors.begin(), tensors.end(), std::back_inserter(model.tensors));
  }
  const std::string source = inQuotes(model.name);
  return finish(std::move(model), std::move(shards), folder, source, std::move(found));
}

}  // namespace core::io
