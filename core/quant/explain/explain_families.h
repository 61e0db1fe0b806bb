#pragma once
#include <span>

#include "core/quant/explain/stored_block.h"
#include "core/quant/row_importance.h"

namespace core::quant {

/// What the encoders of one family are explained from.
struct ExplainInput {
  const Scheme& scheme;
  const QuantizedTensor& source;          ///< all of the tensor
  const QuantizedTensor& encoded;         ///< what the scheme made of the part that the block depends on
  BlockPlace place;                       ///< of the block inside `encoded`
  std::span<const float> row;             ///< weights of the row (or of the block, where it is no part of one row)
  std::uint64_t column = 0;               ///< of the block in `row`
  std::span<const float> importance;      ///< of the row; empty: none
  const RowImportance& importanceOfRows;  ///< all rows
  const JobContext& job;

  std::span<const float> values() const { return row.subspan(column, place.count); }
  const float* importanceOfBlock() const { return importance.empty() ? nullptr : importance.data() + column; }
};

/// Each adds to what describeStored() said: range, what was computed before it was stored, the columns before the code.
void explainUniform(const ExplainInput& input, BlockExplanation& out);
void explainScaledLevels(const ExplainInput& input,
                         BlockExplanation& out);  ///< FP8 under scales, logarithms, MX, NVFP4
void explainBitsandbytes(const ExplainInput& input, BlockExplanation& out);
void explainKMeans(const ExplainInput& input, BlockExplanation& out);
void explainLlmInt8(const ExplainInput& input, BlockExplanation& out);
void explainCast(const ExplainInput& input, BlockExplanation& out);
/// Methods that look further than a block: nothing more can be said of one alone (method_explanation has the row).
void explainMethod(const Scheme& scheme, BlockExplanation& out);
void explainGguf(const ExplainInput& input, BlockExplanation& out);

}  // namespace core::quant
