#pragma once
#include <cstddef>
#include <vector>

#include "core/metrics/tensor_stats.h"

namespace core::metrics {

/// The bins of a histogram, with a fast and exact way from a value to its bin: bin i holds edge(i) ≤ x < edge(i + 1),
/// the last one also its upper edge.
class HistogramAxis {
 public:
  /// @throws Error (InvalidArgument) unless low < high, both finite, and 1 ≤ bins ≤ 65536
  HistogramAxis(double low, double high, std::size_t bins);
  /// Over the range of the statistics, widened when they are constant, empty or beyond what doubles can span.
  static HistogramAxis over(const TensorStats& stats, std::size_t bins);

  double low() const { return m_edges.front(); }
  double high() const { return m_edges.back(); }
  std::size_t bins() const { return m_edges.size() - 1; }
  /// @pre low() ≤ value ≤ high()
  std::size_t binOf(double value) const {
    auto bin = static_cast<std::size_t>((value - m_edges.front()) * m_binsPerUnit);
    bin = bin < m_last ? bin : m_last;
    // The product rounds: a value next to an edge may be a bin off, in a range of few doubles several.
    while (value < m_edges[bin]) --bin;
    while (bin < m_last && value >= m_edges[bin + 1]) ++bin;
    return bin;
  }
  /// A histogram of these bins without counts.
  Histogram empty() const;
  /// Adds `weight` values.
  void add(Histogram& histogram, double value, std::uint64_t weight = 1) const;

 private:
  std::vector<double> m_edges;
  std::size_t m_last;
  double m_binsPerUnit;
};

void checkBins(std::size_t bins);
/// Adds the counts of a part with the same bins.
void merge(Histogram& into, const Histogram& part);

}  // namespace core::metrics
