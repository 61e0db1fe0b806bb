#pragma once
#include "core/quant/block_trace.h"
#include "core/quant/lattice_search.h"

namespace core::quant {

/// What the search of an IQ2 or IQ3 type finds for one block. @param fudge of the stored scale
template <LatticeSpec kSpec>
BlockTrace traceLattice(const LatticeNeighbours& lattice, const float* values, const float* importance, float fudge) {
  SearchCopy<256> copy;
  LatticeBlock<kSpec> block;
  const SearchInput input = searchInput<256>(values, importance, copy);
  searchBlock<kSpec>(lattice, input, block);
  BlockTrace trace = startTrace(input, 256);
  trace.scale = block.scale * fudge * input.unit;
  trace.candidates = static_cast<std::uint32_t>(kSpec.trialCount());
  for (const float scale : block.scales) {
    trace.groupScales.push_back(scale * input.unit);
    trace.scaleNumbers.push_back(block.scale != 0.0F ? scaleNumber(1.0F / block.scale, scale) : 0.0F);
  }
  return trace;
}

}  // namespace core::quant
