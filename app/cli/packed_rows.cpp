#include "app/cli/packed_rows.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/quant/load_tensor.h"

namespace app::cli {

using core::io::Assembly;
using core::io::TensorInfo;

Json tensorRow(const TensorInfo& tensor) {
  Json row = {{"name", tensor.name},
              {"shape", tensor.shape.extents()},
              {"dtype", tensor.typeName},
              {"offset", tensor.offset},
              {"bytes", tensor.bytes}};
  if (!tensor.isReadable()) row["unreadable"] = tensor.unreadable;
  if (tensor.storedShape != tensor.shape) row["stored_shape"] = tensor.storedShape.extents();
  if (!tensor.pieceOf.empty()) row["piece_of"] = tensor.pieceOf;
  if (tensor.assembly == Assembly::Turned) {
    row["stored_shape"] = tensor.storedShape.extents();
    row["stored_axes"] = {"in", "out"};
  }
  return row;
}

Json storedRow(const TensorInfo& tensor) {
  Json row = tensorRow(tensor);
  row["shape"] = tensor.storedShape.extents();
  row.erase("stored_shape");
  if (tensor.assembly == Assembly::None || tensor.assembly == Assembly::Turned) return row;
  row["name"] = tensor.codesName.empty() ? tensor.name : tensor.codesName;
  row["dtype"] = core::tensor::name(tensor.dtype);
  row["piece_of"] = tensor.name;
  return row;
}

PackedRows::PackedRows(const core::io::Checkpoint& checkpoint) : m_checkpoint(checkpoint) {
  for (std::size_t i = 0; i < checkpoint.tensors().size(); ++i)
    if (const std::string& whole = checkpoint.tensors()[i].pieceOf; !whole.empty()) m_pieces[whole].push_back(i);
}

void PackedRows::addTo(Json& row, std::size_t index) const {
  const TensorInfo& tensor = m_checkpoint.tensors()[index];
  if (tensor.assembly == Assembly::None || tensor.assembly == Assembly::Turned) return;
  if (!tensor.codesName.empty()) row["stored_name"] = tensor.codesName;
  row["stored_shape"] = tensor.storedShape.extents();
  double bytes = static_cast<double>(tensor.bytes);
  Json pieces = Json::array();
  if (const auto found = m_pieces.find(tensor.name); found != m_pieces.end()) {
    for (const std::size_t piece : found->second) {
      const TensorInfo& of = m_checkpoint.tensors()[piece];
      bytes += static_cast<double>(of.bytes);
      pieces.push_back(
          {{"name", of.name}, {"dtype", of.typeName}, {"shape", of.storedShape.extents()}, {"bytes", of.bytes}});
    }
  }
  row["pieces"] = std::move(pieces);
  row["bits_per_weight"] = 8.0 * bytes / static_cast<double>(tensor.parameters);
  row["scheme"] = nullptr;
  try {
    if (const auto& scheme = core::quant::loadTensor(m_checkpoint, index)->scheme) row["scheme"] = scheme->toString();
  } catch (const core::Error& error) {
    row["unreadable"] = error.what();  // a file that changed since it was opened
  }
}

std::string packedText(const Json& row) {
  if (!row.contains("pieces")) return {};
  const std::string scheme = row["scheme"].is_null() ? "" : "  " + row["scheme"].get<std::string>();
  return fmt::format("{}  {:.4g} bits per weight in {} tensors", scheme, row["bits_per_weight"].get<double>(),
                     row["pieces"].size() + 1);
}

}  // namespace app::cli
