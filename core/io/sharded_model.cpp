#include "core/io/sharded_model.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/io/config_json.h"
#include "core/io/json_reader.h"
#include "core/io/safetensors.h"
#include "core/io/stored_checkpoint.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::size_t kMaxIndexBytes = 100'000'000;
constexpr std::size_t kMaxIndexDepth = 8;
constexpr std::string_view kWeightMap = "weight_map";

/// Collects the weight map of an index file.
class IndexVisitor final : public JsonVisitor {
 public:
  struct Placement {
    std::string tensor;
    std::uint32_t shard;
  };

  explicit IndexVisitor(std::string_view source) : m_source(source) {}
  const std::vector<std::string>& shards() const { return m_shards; }
  const std::vector<Placement>& placements() const { return m_placements; }
  bool hasWeightMap() const { return m_hasWeightMap; }

  void onBegin(JsonContainer container) override {
    if (m_depth == 0 && container != JsonContainer::Object) fail("expected a JSON object");
    if (m_depth == 1 && m_section == kWeightMap) {
      if (container != JsonContainer::Object) fail("expected \"weight_map\" to be an object");
      m_hasWeightMap = true;
    }
    if (m_depth == 2 && m_section == kWeightMap) failShard();
    ++m_depth;
  }
  void onEnd(JsonContainer /*container*/) override { --m_depth; }

  void onKey(std::string key) override {
    if (m_depth == 1)
      m_section = std::move(key);
    else if (m_depth == 2)
      m_tensor = std::move(key);
  }

  void onScalar(JsonScalar value) override {
    if (m_depth == 0) fail("expected a JSON object");
    if (m_section != kWeightMap) return;
    if (m_depth == 1) fail("expected \"weight_map\" to be an object");
    const auto* const shard = std::get_if<std::string>(&value);
    if (shard == nullptr) failShard();
    checkStaysInFolder(*shard);
    const auto [known, isNew] = m_shardIndex.emplace(*shard, static_cast<std::uint32_t>(m_shards.size()));
    if (isNew) m_shards.push_back(*shard);
    m_placements.push_back({m_tensor, known->second});
  }

 private:
  /// An index must not make the program open files elsewhere.
  void checkStaysInFolder(const std::string& shard) const {
    const bool isPlainName = !shard.empty() && shard != "." && shard != ".." &&
                             shard.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
    if (!isPlainName) {
      fail(fmt::format("expected the plain name of a file in the same folder for the tensor {} but found {}",
                       inQuotes(m_tensor), inQuotes(shard)));
    }
  }

  [[noreturn]] void failShard() const {
    fail(fmt::format("expected a file name for the tensor {} in \"weight_map\"", inQuotes(m_tensor)));
  }
  [[noreturn]] void fail(std::string_view detail) const {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", m_source, detail), m_tensor);
  }

  std::string_view m_source;
  std::size_t m_depth = 0;
  bool m_hasWeightMap = false;
  std::string m_section, m_tensor;
  std::vector<std::string> m_shards;
  std::unordered_map<std::string, std::uint32_t> m_shardIndex;
  std::vector<Placement> m_placements;
};

/// Reads the folder's config.json, if it has one, into the model. Returns what keeps its arrays alive.
std::shared_ptr<EncodedArrays> addConfig(const std::filesystem::path& folder, ParsedModel& model) {
  auto arrays = std::make_shared<EncodedArrays>();
  const auto path = folder / "config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return arrays;
  const MappedFile file(path);
  readConfigJson(file.contents(), model.metadata, *arrays, inQuotes(path.filename().string()));
  if (const MetadataValue* const type = model.metadata.find("config.model_type")) {
    if (const auto* text = std::get_if<std::string>(type)) model.architecture = *text;
  }
  return arrays;
}

std::string folderName(const std::filesystem::path& folder) {
  std::error_code ignored;
  auto absolute = std::filesystem::absolute(folder, ignored).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return absolute.filename().string();
}

/// The map's tensors of one shard, in the shard's own terms.
using TensorTable = std::unordered_map<std::string, TensorInfo>;

TensorTable toTable(ParsedModel shard, std::uint32_t file) {
  TensorTable table;
  for (TensorInfo& tensor : shard.tensors) {
    tensor.file = file;
    std::string name = tensor.name;
    table.emplace(std::move(name), std::move(tensor));
  }
  return table;
}

void addMissing(Metadata& metadata, const Metadata& more) {
  for (const MetadataEntry& entry : more.entries()) {
    if (metadata.find(entry.key) == nullptr) metadata.add(entry.key, entry.value, entry.type);
  }
}

/// Maps and parses every shard, and looks up every tensor of the map in the shard that should hold it.
std::vector<StoredFile> readShards(const std::filesystem::path& folder, const IndexVisitor& index, ParsedModel& model,
                                   std::string_view source, const JobContext& job) {
  std::vector<StoredFile> files;
  std::vector<TensorTable> tables;
  for (const std::string& shard : index.shards()) {
    job.progress(static_cast<double>(files.size()) / static_cast<double>(index.shards().size()), "Opening shards");
    files.push_back(mapFile(folder / shard));
    ParsedModel parsed = readSafetensors(files.back().bytes, inQuotes(shard));
    addMissing(model.metadata, parsed.metadata);
    tables.push_back(toTable(std::move(parsed), static_cast<std::uint32_t>(tables.size())));
  }
  for (const auto& [tensor, shard] : index.placements()) {
    const auto found = tables[shard].find(tensor);
    if (found == tables[shard].end()) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}: the tensor {} should be in {}, which does not hold it.", source, inQuotes(tensor),
                              inQuotes(index.shards()[shard])),
                  tensor);
    }
    model.tensors.push_back(found->second);
  }
  return files;
}

std::vector<std::filesystem::path> filesEndingIn(const std::filesystem::path& folder, std::string_view ending) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.size() > ending.size() && name.ends_with(ending)) found.push_back(entry->path());
  }
  if (error) {
    throw Error(ErrorCode::Io,
                fmt::format("Could not list the folder {}: {}.", inQuotes(folder.string()), error.message()));
  }
  return found;
}

[[noreturn]] void throwNoModel(const std::filesystem::path& folder) {
  const bool hasPickle = !filesEndingIn(folder, ".bin").empty() || !filesEndingIn(folder, ".pt").empty() ||
                         !filesEndingIn(folder, ".pth").empty();
  throw Error(
      ErrorCode::NotFound,
      fmt::format(
          "The folder {} holds no model: expected a *.gguf or *.safetensors file or a "
          "*.safetensors.index.json{}.",
          inQuotes(folder.string()),
          hasPickle ? ", found only PyTorch or other .bin files, which have to be converted to safetensors" : ""));
}

}  // namespace

std::shared_ptr<const Checkpoint> openSafetensors(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  StoredFile file = mapFile(path);
  ParsedModel model = readSafetensors(file.bytes, inQuotes(name));
  std::shared_ptr<EncodedArrays> arrays;
  const bool isFoldersModel = name == "model.safetensors";
  if (isFoldersModel) arrays = addConfig(path.parent_path(), model);
  model.name = isFoldersModel ? folderName(path.parent_path()) : name;
  return std::make_shared<const StoredCheckpoint>(std::move(model), std::vector{std::move(file)}, inQuotes(name),
                                                  arrays);
}

std::shared_ptr<const Checkpoint> openShardedSafetensors(const std::filesystem::path& index, const JobContext& job) {
  const std::string source = inQuotes(index.filename().string());
  IndexVisitor visitor(source);
  {
    const MappedFile file(index);
    const auto bytes = file.contents();
    if (bytes.size() > kMaxIndexBytes) {
      throw Error(ErrorCode::InvalidFile, fmt::format("{}: expected at most {} bytes of JSON but found {}.", source,
                                                      kMaxIndexBytes, bytes.size()));
    }
    readJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, visitor, source, kMaxIndexDepth);
  }
  if (!visitor.hasWeightMap()) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: expected the index of a sharded safetensors model, but it has no "
                            "\"weight_map\".",
                            source));
  }
  const auto folder = index.parent_path();
  ParsedModel model{FileFormat::Safetensors, folderName(folder), {}, {}, {}};
  std::vector<StoredFile> files = readShards(folder, visitor, model, source, job);
  auto arrays = addConfig(folder, model);
  return std::make_shared<const StoredCheckpoint>(std::move(model), std::move(files), source, std::move(arrays));
}

std::shared_ptr<const Checkpoint> openFolder(const std::filesystem::path& folder, const JobContext& job) {
  std::error_code ignored;
  for (const char* name : {"model.safetensors", "model.safetensors.index.json"}) {
    if (std::filesystem::exists(folder / name, ignored)) return openCheckpoint(folder / name, job);
  }
  for (const char* ending : {".safetensors.index.json", ".safetensors", ".gguf"}) {
    const auto found = filesEndingIn(folder, ending);
    if (found.size() == 1) return openCheckpoint(found.front(), job);
    if (found.size() > 1) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("The folder {} holds {} *{} files; open one of them.",
                                                          inQuotes(folder.string()), found.size(), ending));
    }
  }
  throwNoModel(folder);
}

}  // namespace core::io
