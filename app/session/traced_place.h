#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app/session/trace_model.h"

namespace app {

/// Where a model has a weight that a trace names.
struct TracedPlace {
  std::string tensor;  ///< of the model's table: of a stack that it has as a tensor for each expert, that expert's
  std::optional<std::uint64_t> expert;  ///< whose matrix it lies in, where the tensor is a stack
  std::uint64_t row = 0, column = 0;    ///< of the matrix
  std::uint64_t element = 0;            ///< of the tensor, row-major
};
/// @param element of the traced tensor, row-major
TracedPlace tracedPlace(const TracedTensor& tensor, std::uint64_t element);
/// "blk.1.ffn_gate_exps.weight expert 6 row 37 column 28"
std::string tracedPlaceText(const TracedTensor& tensor, std::uint64_t element);
/// Where the weights of a model's tensor begin in a traced one; nothing where they are none of its.
std::optional<std::uint64_t> firstElementOf(const TracedTensor& traced, std::string_view tensor);

}  // namespace app
