#pragma once
#include <span>
#include <vector>

#include "core/model/op.h"
#include "core/trace/element_changes.h"

namespace core::trace {

/// A product with what its weight asks of its inputs, as one operation.
struct PreparedProduct {
  const model::MatMul& product;
  std::span<const model::OpParameters> preparations;  ///< ArrangeColumns and QuantizeRows, in their order
  std::span<const float> bias;                        ///< decoded, or empty
};

/// out[t] = weight · prepared(in[t]) (+ bias), and for changed elements + added · x there, x being the prepared input
/// as the product sees it: rounded or made of codes where it is so, in the weight's own columns.
/// @param in [rows, weight.rowValues()]  @param out [rows, weight.rows()]
/// @param rowsTogether of a batch, where results depend on which rows are together; 0: they do not
void multiply(const PreparedProduct& what, const ElementChanges& changes, std::span<const float> in, std::size_t rows,
              std::span<float> out, std::size_t rowsTogether);

}  // namespace core::trace
