#include "app/session/gguf_metadata.h"

#include <algorithm>
#include <map>
#include <optional>
#include <variant>

#include "core/io/ollama_store.h"

namespace app {

namespace {

using core::tensor::DType;

constexpr std::string_view kFileType = "general.file_type";
constexpr std::string_view kQuantizationVersion = "general.quantization_version";
/// Of ggml's block formats, since 2023.
constexpr std::uint32_t kCurrentQuantizationVersion = 2;

/// The number of the one file type whose tensors are usually of this type; nothing where several are (Q4_K_S, Q4_K_M).
std::optional<std::uint32_t> fileTypeOf(DType dtype) {
  std::optional<std::uint32_t> number;
  for (const core::model::FileTypeInfo& row : core::model::allFileTypes()) {
    if (row.usual != dtype) continue;
    if (number) return std::nullopt;
    number = row.number;
  }
  return number;
}

/// That of the recipe, or of the type that most bytes of the new file's matrices have.
std::optional<std::uint32_t> fileType(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                                      const std::vector<QuantizedFileRow>& rows) {
  if (const auto* const type = std::get_if<core::model::FileType>(&recipe.base)) return core::model::info(*type).number;
  std::map<DType, std::uint64_t> values;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& shape = source.tensors()[i].shape;
    if (shape.rank() >= 2 && !rows[i].isLeftOut) values[rows[i].type] += shape.count();
  }
  const auto most =
      std::max_element(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  // There is no number for "mostly F32".
  if (most == values.end() || (most->first == DType::F32 && values.size() > 1)) return std::nullopt;
  return fileTypeOf(most->first);
}

bool isOfTheSourceAlone(std::string_view key) {
  return key == kFileType || key == kQuantizationVersion || key.starts_with("split.") ||
         key.starts_with("quantize.imatrix.") || key.starts_with(core::io::kOllamaKeys);
}

/// What llama-quantize says of the importance matrix it was given.
void addImportance(const core::model::ImportanceSource& importance, core::io::GgufWriter& writer) {
  writer.addString("quantize.imatrix.file", importance.title);
  if (!importance.datasets.empty()) writer.addString("quantize.imatrix.dataset", importance.datasets.front());
  writer.addU32("quantize.imatrix.entries_count", static_cast<std::uint32_t>(importance.weights.size()));
  if (importance.chunks != 0) writer.addU32("quantize.imatrix.chunks_count", importance.chunks);
}

}  // namespace

void copyMetadata(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                  const std::vector<QuantizedFileRow>& rows, core::io::GgufWriter& writer) {
  for (const auto& entry : source.metadata().entries()) {
    if (!isOfTheSourceAlone(entry.key)) writer.addEntry(entry);
  }
  describeQuantization(source, recipe, rows, writer);
}

void describeQuantization(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                          const std::vector<QuantizedFileRow>& rows, core::io::GgufWriter& writer) {
  if (const auto type = fileType(source, recipe, rows)) writer.addU32(kFileType, *type);
  if (recipe.importance) addImportance(*recipe.importance, writer);
  const bool hasBlocks = std::any_of(rows.begin(), rows.end(), [](const QuantizedFileRow& row) {
    return core::tensor::info(row.type).blockValues > 1;
  });
  if (hasBlocks) writer.addU32(kQuantizationVersion, kCurrentQuantizationVersion);
}

}  // namespace app
