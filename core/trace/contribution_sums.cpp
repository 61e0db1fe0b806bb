#include "core/trace/contribution_sums.h"

#include <algorithm>

#include "core/base/parallel.h"

namespace core::trace {

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
