#include "core/io/weight_index.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/io/json_reader.h"
#include "core/io/sniff.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::size_t kMaxIndexBytes = 100'000'000;
constexpr std::size_t kMaxIndexDepth = 8;
constexpr std::string_view kWeightMap = "weight_map";

/// Collects the weight map of an index file.
class IndexVisitor final : public JsonVisitor {
 public:
  explicit IndexVisitor(std::string_view source) : m_source(source) {}
  bool hasWeightMap() const { return m_hasWeightMap; }
  /// Whether it tried to name a file elsewhere.
  bool hasPlacedWrongly() const { return m_hasPlacedWrongly; }
  WeightIndex take() { return std::move(m_found); }

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
    const auto [known, isNew] = m_shardIndex.emplace(*shard, static_cast<std::uint32_t>(m_found.shards.size()));
    if (isNew) m_found.shards.push_back(*shard);
    m_found.placements.push_back({m_tensor, known->second});
  }

 private:
  /// An index must not make the program open files elsewhere.
  void checkStaysInFolder(const std::string& shard) {
    const bool isPlainName = !shard.empty() && shard != "." && shard != ".." &&
                             shard.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
    if (!isPlainName) {
      m_hasPlacedWrongly = true;
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
  bool m_hasPlacedWrongly = false;
  std::string m_section, m_tensor;
  std::unordered_map<std::string, std::uint32_t> m_shardIndex;
  WeightIndex m_found;
};

}  // namespace

WeightIndex readWeightIndex(std::span<const std::byte> bytes, std::string_view source) {
  IndexVisitor visitor(source);
  try {
    throwIfForeign(bytes, source, "the index of a sharded safetensors model");
    if (bytes.size() > kMaxIndexBytes) {
      throw Error(ErrorCode::InvalidFile, fmt::format("{}: expected at most {} bytes of JSON but found {}.", source,
                                                      kMaxIndexBytes, bytes.size()));
    }
    readJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, visitor, source, kMaxIndexDepth);
  } catch (const Error& error) {
    if (visitor.hasPlacedWrongly()) throw;
    throw Error(ErrorCode::InvalidFile, error.what(), std::string(kUnreadableIndex));
  }
  if (!visitor.hasWeightMap()) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: expected the index of a sharded safetensors model, but it has no \"weight_map\"; open "
                            "the folder or the model file instead.",
                            source),
                std::string(kUnreadableIndex));
  }
  WeightIndex index = visitor.take();
  if (index.placements.empty()) {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: its \"weight_map\" names no tensor.", source),
                std::string(kUnreadableIndex));
  }
  return index;
}

}  // namespace core::io
