#pragma once
#include <cstdint>
#include <span>

#include "core/trace/contribution_sums.h"
#include "core/trace/ranking.h"

namespace core::trace {

struct ByExpected {
  static float value(const Candidate& candidate) { return candidate.expected; }
  static auto place(const Candidate& candidate) { return std::pair(candidate.tensor, candidate.first); }
};
using MostExpected = Largest<Candidate, ByExpected>;

/// Rows of a tensor's weights that lie one after another, and what each is expected to bring.
struct Panel {
  std::uint32_t tensor = 0;
  std::uint64_t firstRow = 0, width = 0;
  std::uint32_t blockSize = 0;
  std::span<const float> gradient, change;  ///< [rows, width]: the product is what is expected
};

/// Offers the weights and the blocks of a panel. Most are too little for either list, which is seen in parallel; what
/// is offered, and in which order, does not depend on the number of threads.
void offer(const Panel& panel, MostExpected& blocks, MostExpected& weights);
/// Offers single contributions. @param first the flat index of the first
void offer(std::uint32_t tensor, std::uint64_t first, std::span<const float> contributions, MostPositive& most,
           MostNegative& least);

}  // namespace core::trace
