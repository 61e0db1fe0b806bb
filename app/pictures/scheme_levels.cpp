#include "app/pictures/scheme_levels.h"

#include <algorithm>
#include <cmath>

#include "core/quant/quantizer.h"
#include "core/quant/registry.h"

namespace app {

namespace {

constexpr std::size_t kMostLevels = 300;

/// Integer and code-book schemes name their levels; for block types they are the distinct values of the weight's block.
std::vector<double> levelsOf(const core::quant::QuantizedTensor& quantized, std::uint64_t around) {
  const std::uint64_t columns = quantized.rowValues(), row = around / std::max<std::uint64_t>(columns, 1),
                      column = around % std::max<std::uint64_t>(columns, 1);
  std::vector<double> levels;
  if (quantized.layout == core::quant::Layout::Integer) {
    std::uint64_t group = 0;
    if (quantized.granularity == core::quant::Granularity::Row) group = row;
    if (quantized.granularity == core::quant::Granularity::Group) {
      group = row * ((columns + quantized.groupSize - 1) / quantized.groupSize) + column / quantized.groupSize;
    }
    const std::int64_t zero = quantized.zeroPoints.empty() ? 0 : quantized.zeroPoints[group];
    const std::int64_t top = (std::int64_t{1} << (quantized.bits - 1)) - 1;
    for (std::int64_t q = quantized.qmin; q <= top; ++q)
      levels.push_back(static_cast<double>(quantized.scales[group]) * static_cast<double>(q - zero));
  } else if (quantized.layout == core::quant::Layout::CodeBook) {
    for (const float code : quantized.codeBook)
      levels.push_back(static_cast<double>(code) * static_cast<double>(quantized.absmax[around / quantized.blockSize]));
  } else if (quantized.layout == core::quant::Layout::Block) {
    std::vector<float> values(columns);
    core::quant::dequantizeRows(quantized, row, 1, values.data());
    const std::uint64_t block = core::tensor::info(quantized.dtype).blockValues;
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(column / block * block);
    levels.assign(first, first + static_cast<std::ptrdiff_t>(std::min(block, columns - column / block * block)));
  }
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  if (levels.size() > kMostLevels) levels.clear();
  return levels;
}

}  // namespace

SchemeView viewScheme(const core::tensor::TensorView& tensor, const core::quant::Scheme& scheme, std::uint64_t around,
                      const core::metrics::Histogram* bins, const core::JobContext& job) {
  SchemeView view;
  view.scheme = scheme;
  if (!core::quant::accepts(scheme, tensor.shape) || tensor.shape.count() == 0) return view;
  const auto quantized = core::quant::quantize(scheme, tensor, job);
  view.levels = levelsOf(*quantized, around);
  if (bins == nullptr) return view;
  core::metrics::Histogram histogram = *bins;
  std::fill(histogram.counts.begin(), histogram.counts.end(), 0);
  histogram.below = histogram.above = histogram.nonFinite = 0;
  const double width = histogram.high - histogram.low;
  const double count = static_cast<double>(histogram.counts.size());
  std::vector<float> row(quantized->rowValues());
  for (std::uint64_t r = 0; r < quantized->rows(); ++r) {
    job.throwIfCancelled();
    core::quant::dequantizeRows(*quantized, r, 1, row.data());
    for (const float value : row) {
      const double x = static_cast<double>(value);
      if (!std::isfinite(x))
        ++histogram.nonFinite;
      else if (x < histogram.low)
        ++histogram.below;
      else if (x > histogram.high)
        ++histogram.above;
      else
        ++histogram.counts[static_cast<std::size_t>(std::min((x - histogram.low) / width * count, count - 1))];
    }
  }
  view.histogram = std::move(histogram);
  return view;
}

}  // namespace app
