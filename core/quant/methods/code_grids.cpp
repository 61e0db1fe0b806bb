#include "core/quant/methods/code_grids.h"

#include <algorithm>
#include <vector>

#include "core/base/parallel_chunks.h"
#include "core/quant/methods/block_grids.h"
#include "core/quant/methods/finite_weights.h"
#include "core/quant/methods/nf4_grids.h"
#include "core/quant/methods/uniform_grids.h"

namespace core::quant {

std::unique_ptr<CodeGrids> makeCodeGrids(const Scheme& scheme, const tensor::Shape& shape) {
  switch (family(scheme.format.name)) {
    case Family::Integer:
      return std::make_unique<UniformGrids>(scheme, shape);
    case Family::CodeBook:
      return std::make_unique<Nf4Grids>(scheme.format.grouping, shape);
    default:
      return std::make_unique<BlockGrids>(*info(scheme.format.name).dtype, shape);
  }
}

void chooseAll(CodeGrids& grids, const QuantizedTensor& source, const JobContext& job) {
  const Grouping grouping = grids.grouping();
  const std::uint64_t rowValues = source.rowValues(), all = source.shape.count();
  const bool isFlat = grouping.granularity == Granularity::Tensor || grouping.granularity == Granularity::Block;
  if (isFlat) {
    const std::uint64_t size = grouping.granularity == Granularity::Tensor ? all : grouping.size;
    forEachChunk(groupCount(grouping, source.shape), 1, job, "Choosing scales",
                 [&](std::uint64_t group, std::uint64_t) {
                   std::vector<float> weights(std::min(size, all - group * size));
                   finiteWeights(source, group * size, weights);
                   grids.choose(group, weights);
                 });
  } else {
    forEachChunk(source.rows(), itemsPerChunk(rowValues), job, "Choosing scales",
                 [&](std::uint64_t first, std::uint64_t rows) {
                   std::vector<float> weights(rowValues);
                   for (std::uint64_t row = first; row < first + rows; ++row) {
                     finiteWeights(source, row * rowValues, weights);
                     forEachRun(grouping, rowValues, row, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
                       grids.choose(g, std::span(weights).subspan(at, n));
                     });
                   }
                 });
  }
  grids.finish();
}

}  // namespace core::quant
