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
  std::uint64_t rowFloats = 0;        ///< size of the arena per token
};

/// @param graph may contain values that no step writes (fused away); they get no memory
ValuePlaces placeValues(const core::model::Graph& graph, const std::vector<Step>& steps);

}  // namespace gpu
