#include "core/quant/methods/hqq.h"

#include "core/base/parallel_chunks.h"
#include "core/quant/bit_stream.h"
#include "core/quant/methods/finite_weights.h"
#include "core/quant/methods/hqq_groups.h"
#include "core/quant/uniform_encode.h"

namespace core::quant {

namespace {

/// Where the groups begin in the flattened tensor, and where the last one ends.
std::vector<std::uint64_t> startsOf(const Grouping& grouping, const tensor::Shape& shape) {
  std::vector<std::uint64_t> starts;
  const std::uint64_t rowValues = shape.rowValues();
  if (grouping.granularity == Granularity::Tensor)
    starts.push_back(0);
  else
    for (std::uint64_t row = 0; row < shape.rows(); ++row)
      forEachRun(grouping, rowValues, row,
                 [&](std::uint64_t at, std::uint64_t, std::uint64_t) { starts.push_back(row * rowValues + at); });
  starts.push_back(shape.count());
  return starts;
}

}  // namespace

void quantizeHqq(const QuantizedTensor& source, const Scheme& scheme, const JobContext& job, Uniform& out,
                 std::uint8_t* payload, HqqTrace* trace) {
  out = emptyUniform(scheme, source.shape);
  if (source.shape.isEmpty()) return;
  const std::vector<float> weights = finiteWeights(source, job.part(0.0, 0.05));
  HqqGroups groups(weights, startsOf(out.grouping, source.shape), out.bits, out.scaleType);
  const std::uint64_t columns = source.rowValues(), asked = trace == nullptr ? 0 : trace->row * columns;
  const std::uint64_t firstGroup = groupOf(out.grouping, columns, asked);
  const std::uint64_t wanted = groupOf(out.grouping, columns, asked + columns - 1) + 1 - firstGroup;
  if (trace != nullptr) trace->firstGroup = firstGroup;
  groups.optimize(job.part(0.05, 0.9), trace, wanted);
  const auto offset = static_cast<float>(-out.qmin);
  if (out.zeroPointBits == 16) groups.roundZeros(offset);
  if (trace != nullptr) {
    const auto grids = groups.grids().subspan(firstGroup, wanted);
    trace->stored.assign(grids.begin(), grids.end());
  }
  for (std::size_t g = 0; g < out.scales.size(); ++g) {
    out.scales[g] = groups.grids()[g].scale;
    out.zeroPoints[g] = groups.grids()[g].zero - offset;
  }

  const std::uint64_t rowValues = source.rowValues(), rowBytes = codeRowBytes(out.bits, rowValues);
  forEachChunk(source.rows(), itemsPerChunk(rowValues), job.part(0.9, 1.0), "Quantizing",
               [&](std::uint64_t first, std::uint64_t rows) {
                 std::vector<std::uint8_t> codes(rowValues);
                 for (std::uint64_t row = first; row < first + rows; ++row) {
                   const float* const values = weights.data() + row * rowValues;
                   forEachRun(out.grouping, rowValues, row, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
                     for (std::uint64_t i = at; i < at + n; ++i) codes[i] = groups.code(g, values[i]);
                   });
                   packBits(codes.data(), rowValues, out.bits, payload + row * rowBytes);
                 }
               });
}

}  // namespace core::quant
