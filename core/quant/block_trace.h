#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/quant/scale_search.h"
#include "core/quant/search_input.h"
#include "core/tensor/dtype.h"

namespace core::quant {

/// What an encoder of a GGUF block type has in hand on the way from a block's weights to its bytes, for whoever
/// explains the block. The encoders fill it themselves; it costs them nothing where nobody asks.
struct BlockTrace {
  std::vector<float> input;  ///< the values as they are taken: finite and storable, in units
  float unit = 1.0F;         ///< what 1 of `input` is in the weights (search_input.h)
  float extreme = 0.0F;      ///< of the block: what the scale was made of where nothing was searched
  float scale = 0.0F;        ///< d before it is stored
  float minimum = 0.0F;      ///< m or dmin before it is stored
  /// That the search found for each group (NVFP4: the largest magnitude of each); empty without groups.
  std::vector<float> groupScales, groupMinima;
  std::vector<float> scaleNumbers, minimumNumbers;  ///< what becomes the groups' whole numbers, before it does
  std::vector<GroupStep> steps;                     ///< of the groups, where codes are chosen by those
  std::uint32_t candidates = 0;                     ///< that a search tries for one scale; 0: nothing is searched
  /// What of an input is rounded, to what, and the code that is stored then. Null where an encoder has no such number:
  /// where it compares instead of dividing, or assigns several weights at once.
  std::function<float(float x, std::size_t i)> scaled;
  std::function<float(float scaled)> rounded;
  std::function<std::int32_t(float scaled, std::size_t i)> code;  ///< of x itself where `scaled` is null
};

/// A trace with the input of a search.
BlockTrace startTrace(const SearchInput& input, std::size_t count);
/// Takes the columns of a trace from what encodeGroups is given: codes low…high, stored less `low`.
void traceGroups(BlockTrace& trace, const GroupStep* steps, std::size_t groups, std::size_t groupValues, float low,
                 float high);

/// A block among those of its row.
struct RowBlock {
  const float* row;
  const float* importance;  ///< of the row's columns; null: none
  std::size_t blockCount;   ///< of the row
  std::size_t block;        ///< which of them
};
/// What the encoder of this type finds for the block. @pre the type is a scheme
BlockTrace traceBlock(tensor::DType dtype, const RowBlock& at);

// The same by family; traceBlock chooses.

/// @param row, importance of all the row's blocks (importance may be null) @param block which of them
BlockTrace traceLegacy(tensor::DType dtype, const float* row, std::size_t blockCount, const float* importance,
                       std::size_t block);
BlockTrace traceLegacyByImportance(tensor::DType dtype, const float* row, std::size_t blockCount,
                                   const float* importance, std::size_t block);
/// @param values, importance of the block (importance may be null)
BlockTrace traceOffsetType(tensor::DType dtype, const float* values, const float* importance);
BlockTrace traceSymmetricType(tensor::DType dtype, const float* values, const float* importance);
BlockTrace traceIq4(tensor::DType dtype, const float* values, const float* importance);
BlockTrace traceIq3(tensor::DType dtype, const float* values, const float* importance);
BlockTrace traceIq2(tensor::DType dtype, const float* values, const float* importance);
BlockTrace traceIq1(tensor::DType dtype, const float* values, const float* importance);
BlockTrace traceTernary(tensor::DType dtype, const float* values);
BlockTrace traceFloatBlock(tensor::DType dtype, const float* values);

}  // namespace core::quant
