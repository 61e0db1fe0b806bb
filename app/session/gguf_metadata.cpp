#include "app/session/gguf_metadata.h"

#include <algorithm>
#include <map>
#include <optional>

namespace app {

namespace {

using core::tensor::DType;

constexpr std::string_view kFileType = "general.file_type";
constexpr std::string_view kQuantizationVersion = "general.quantization_version";
/// Of ggml's block formats, since 2023.
constexpr std::uint32_t kCurrentQuantizationVersion = 2;

/// The file types of llama.cpp that say "all F32" and "mostly X", where X alone decides which it is.
std::optional<std::uint32_t> fileTypeOf(DType dtype) {
  switch (dtype) {
    case DType::F32:
      return 0;
    case DType::F16:
      return 1;
    case DType::Q4_0:
      return 2;
    case DType::Q4_1:
      return 3;
    case DType::Q8_0:
      return 7;
    case DType::Q5_0:
      return 8;
    case DType::Q5_1:
      return 9;
    case DType::BF16:
      return 32;
    default:
      return std::nullopt;
  }
}

/// The type that most bytes of the new file's matrices have.
std::optional<std::uint32_t> fileType(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows) {
  std::map<DType, std::uint64_t> values;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& shape = source.tensors()[i].shape;
    if (shape.rank() >= 2) values[rows[i].type] += shape.count();
  }
  const auto most =
      std::max_element(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  // There is no number for "mostly F32".
  if (most == values.end() || (most->first == DType::F32 && values.size() > 1)) return std::nullopt;
  return fileTypeOf(most->first);
}

bool isOfTheSourceAlone(std::string_view key) {
  return key == kFileType || key == kQuantizationVersion || key.starts_with("split.") ||
         key.starts_with("quantize.imatrix.");
}

}  // namespace

void copyMetadata(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows,
                  core::io::GgufWriter& writer) {
  for (const auto& entry : source.metadata().entries()) {
    if (!isOfTheSourceAlone(entry.key)) writer.addEntry(entry);
  }
  if (const auto type = fileType(source, rows)) writer.addU32(kFileType, *type);
  const bool hasBlocks = std::any_of(rows.begin(), rows.end(), [](const QuantizedFileRow& row) {
    return core::tensor::info(row.type).blockValues > 1;
  });
  if (hasBlocks) writer.addU32(kQuantizationVersion, kCurrentQuantizationVersion);
}

}  // namespace app
