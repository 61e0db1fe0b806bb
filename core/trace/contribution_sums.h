#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/trace/attribution.h"

namespace core::trace {

/// The weights with the largest (or smallest) contributions of all that were seen, in bounded memory. Equal ones: the
/// first seen.
class BestWeights {
 public:
  enum class Order : std::uint8_t { LargestFirst, SmallestFirst };

  BestWeights(Order order, std::size_t keep) : m_order(order), m_keep(keep) {}

  /// @param contributions of the weights from firstIndex on
  void add(std::uint32_t tensor, std::uint64_t firstIndex, std::span<const float> contributions);
  /// The best first.
  std::vector<WeightContribution> take();

 private:
  float rank(float contribution) const { return m_order == Order::LargestFirst ? contribution : -contribution; }
  bool isBefore(const WeightContribution& a, const WeightContribution& b) const;
  void shrink();

  Order m_order;
  std::size_t m_keep;
  float m_least = 0.0F;  ///< ranks must be above
  std::vector<WeightContribution> m_weights;
};

/// Adds a panel's contributions to its tensor's sums. @param contributions [rows, width]
void addPanel(TensorContribution& tensor, std::uint64_t firstRow, std::span<const float> contributions);

}  // namespace core::trace
