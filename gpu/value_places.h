#pragma once
#include <cstdint>
#include <vector>

#include "gpu/plan.h"

namespace gpu {

/// Where every activation lies in the arena. Values that are never needed at the same time share memory; a step's
/// results never share memory with what it reads, except where Rope rotates in place what only it reads.
struct ValuePlaces {
  std::vector<std::uint64_t> offset;  ///< [values] floats for one row per token; multiply by the rows of a batch
  std::vector<std::uint32_t> stride;  ///< [values] floats from token to token: strideOf() the width
  std::uint64_t expertInputs = 0;     ///< where stacks of experts quantize theirs, floats for one row per token
  std::uint64_t rowFloats = 0;        ///< size of the arena per token
};

/// @param graph may contain values that no step writes (fused away); they get no memory
ValuePlaces placeValues(const core::model::Graph& graph, const std::vector<Step>& steps);

/// Rows of a token that a stack of experts reads: 1, or one for each of its slots.
std::uint32_t expertSlots(const core::model::Graph& graph, const core::model::Op& op);
/// Words from row to row of an input that was quantized.
std::uint32_t quantizedStride(const core::quant::InputQuantizer& quantizer, std::uint64_t width);

}  // namespace gpu
