#include "core/trace/contribution_sums.h"

#include <algorithm>
#include <tuple>

#include "core/base/parallel.h"

namespace core::trace {

bool BestWeights::isBefore(const WeightContribution& a, const WeightContribution& b) const {
  return std::tuple(-rank(a.contribution), a.tensor, a.index) < std::tuple(-rank(b.contribution), b.tensor, b.index);
}

void BestWeights::add(std::uint32_t tensor, std::uint64_t firstIndex, std::span<const float> contributions) {
  const std::size_t most = 2 * m_keep + 1024;
  for (std::size_t i = 0; i < contributions.size(); ++i) {
    if (!(rank(contributions[i]) > m_least)) continue;
    m_weights.push_back({tensor, firstIndex + i, contributions[i]});
    if (m_weights.size() >= most) shrink();
  }
}

void BestWeights::shrink() {
  if (m_weights.size() <= m_keep) return;
  const auto isBetter = [this](const auto& a, const auto& b) { return isBefore(a, b); };
  const auto end = m_weights.begin() + static_cast<std::ptrdiff_t>(m_keep);
  std::nth_element(m_weights.begin(), end, m_weights.end(), isBetter);
  m_weights.erase(end, m_weights.end());
  if (m_keep == 0) return;
  // Weights come in the order in which equal ones rank, so an equal one is too late.
  const WeightContribution& last = *std::max_element(m_weights.begin(), m_weights.end(), isBetter);
  m_least = std::max(m_least, rank(last.contribution));
}

std::vector<WeightContribution> BestWeights::take() {
  shrink();
  std::ranges::sort(m_weights, [this](const auto& a, const auto& b) { return isBefore(a, b); });
  return std::move(m_weights);
}

void addPanel(TensorContribution& tensor, std::uint64_t firstRow, std::span<const float> contributions) {
  const std::uint64_t width = tensor.width, rows = contributions.size() / width, perRow = tensor.blocksPerRow();
  constexpr std::uint64_t kGrainValues = 16384;  // below this a thread costs more than it brings
  parallelFor(rows, kGrainValues / width + 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      double rowSum = 0.0;
      for (std::uint64_t block = 0; block < perRow; ++block) {
        const std::uint64_t begin = block * tensor.blockSize,
                            end = std::min<std::uint64_t>(begin + tensor.blockSize, width);
        double sum = 0.0;
        for (std::uint64_t i = begin; i < end; ++i) sum += static_cast<double>(contributions[row * width + i]);
        tensor.blockSums[(firstRow + row) * perRow + block] = static_cast<float>(sum);
        rowSum += sum;
      }
      tensor.rowSums[firstRow + row] = rowSum;
    }
  });
  for (std::uint64_t row = 0; row < rows; ++row) tensor.sum += tensor.rowSums[firstRow + row];
}

}  // namespace core::trace
