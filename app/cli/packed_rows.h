#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/command.h"
#include "core/io/checkpoint.h"

namespace app::cli {

/// A row of `inspect` for one tensor: what the model calls it.
Json tensorRow(const core::io::TensorInfo& tensor);
/// The same as the file has it: stored name, type and shape, and the weight it is a piece of.
Json storedRow(const core::io::TensorInfo& tensor);

/// The pieces of the weights that a checkpoint stores in several.
class PackedRows {
 public:
  explicit PackedRows(const core::io::Checkpoint& checkpoint);

  /// Adds to the row of an assembled weight: stored_name, stored_shape, pieces, bits_per_weight (of codes and pieces as
  /// they lie in the file) and scheme, null where no text says it.
  void addTo(Json& row, std::size_t tensor) const;

 private:
  const core::io::Checkpoint& m_checkpoint;
  std::map<std::string_view, std::vector<std::size_t>> m_pieces;  ///< of each weight
};

/// "  int4:group=128,method=gptq  4.25 bits per weight in 4 tensors"; empty for a row of one tensor.
std::string packedText(const Json& row);

}  // namespace app::cli
