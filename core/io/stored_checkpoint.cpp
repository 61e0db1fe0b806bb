#include "core/io/stored_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/io/packed_weights.h"
#include "core/io/text_checks.h"
#include "core/io/turned_matrices.h"

namespace core::io {

namespace {

/// Fills in what a parser leaves open about an ordinary tensor.
void complete(TensorInfo& tensor) {
  if (tensor.typeName.empty()) tensor.typeName = tensor::name(tensor.dtype);
  if (tensor.unreadable.empty() && tensor.shape.isEmpty()) tensor.unreadable = "it has no values";
  tensor.storedShape = tensor.shape;
  tensor.parameters = tensor.shape.checkedCount().value_or(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace

StoredFile mapFile(const std::filesystem::path& path) {
  auto mapping = std::make_shared<const MappedFile>(path);
  return {path, mapping->contents(), mapping, mapping};
}

StoredCheckpoint::StoredCheckpoint(ParsedModel model, std::vector<StoredFile> files, std::string_view source,
                                   std::shared_ptr<const void> encodedArrays)
    : m_stored(std::move(files)), m_encodedArrays(std::move(encodedArrays)) {
  m_name = std::move(model.name);
  m_format = model.format;
  m_architecture = std::move(model.architecture);
  m_metadata = std::move(model.metadata);
  m_tensors = std::move(model.tensors);
  m_kind = model.kind;
  m_warnings = std::move(model.warnings);
  m_sideFiles = std::move(model.sideFiles);
  for (const StoredFile& file : m_stored) {
    m_files.push_back(file.path);
    m_fileBytes += file.bytes.size();
  }
  for (TensorInfo& tensor : m_tensors) complete(tensor);
  for (std::size_t i = 0; i < m_tensors.size(); ++i) {
    if (!m_index.emplace(m_tensors[i].name, i).second) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}: two tensors are called {}.", source, inQuotes(m_tensors[i].name)),
                  m_tensors[i].name);
    }
  }
  if (m_format == FileFormat::Safetensors) {
    PackedFindings found = markPackedWeights(m_tensors, m_index, m_metadata, [this](const TensorInfo& tensor) {
      return m_stored.at(tensor.file).bytes.subspan(tensor.offset, tensor.bytes);
    });
    for (auto& [index, name] : found.names) rename(index, std::move(name));
    for (std::string& warning : found.warnings) m_warnings.push_back(std::move(warning));
    markTurnedMatrices(m_tensors, m_index, m_architecture);
  }
  std::unordered_set<std::string_view> keys;
  for (const MetadataEntry& entry : m_metadata.entries()) {
    if (!keys.insert(entry.key).second) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}: the metadata key {} occurs twice.", source, inQuotes(entry.key)), entry.key);
    }
  }
}

/// The model's name of a weight whose codes are called otherwise; both find it. Two weights may be after one name: the
/// first gets it.
void StoredCheckpoint::rename(std::size_t index, std::string name) {
  TensorInfo& tensor = m_tensors[index];
  if (m_index.contains(name)) {
    tensor.assembly = Assembly::None;
    tensor.unreadable = fmt::format("it holds codes ({}) whose weights would be called {}, as others are",
                                    tensor.typeName, inQuotes(name));
    return;
  }
  m_index.erase(tensor.name);
  tensor.codesName = std::move(tensor.name);
  tensor.name = std::move(name);
  m_index.emplace(tensor.name, index);
  m_index.emplace(tensor.codesName, index);
}

std::span<const std::byte> StoredCheckpoint::fileContents(std::uint32_t file) const {
  const StoredFile& stored = m_stored.at(file);
  if (stored.mapping) stored.mapping->throwIfShortened();
  return stored.bytes;
}

void throwIfOverlapping(std::span<const TensorInfo> tensors, std::string_view source) {
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [tensors](std::uint32_t a, std::uint32_t b) {
    return std::pair(tensors[a].file, tensors[a].offset) < std::pair(tensors[b].file, tensors[b].offset);
  });
  const TensorInfo* previous = nullptr;
  for (const std::uint32_t index : order) {
    const TensorInfo& tensor = tensors[index];
    if (tensor.bytes == 0) continue;
    if (previous != nullptr && previous->file == tensor.file && tensor.offset - previous->offset < previous->bytes) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}: the tensors {} and {} overlap at byte {}.", source, inQuotes(previous->name),
                              inQuotes(tensor.name), tensor.offset),
                  tensor.name);
    }
    previous = &tensor;
  }
}

}  // namespace core::io
