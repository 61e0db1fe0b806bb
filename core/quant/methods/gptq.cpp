#include "core/quant/methods/gptq.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/base/parallel_chunks.h"
#include "core/io/text_checks.h"
#include "core/quant/methods/finite_weights.h"
#include "core/quant/methods/gptq_strip.h"

namespace core::quant {

namespace {

/// Less would be lost in the rounding of the Hessian's float32 values: hundreds of tries for a damping of 1e-300.
constexpr double kLeastSecondDamping = 1e-9;

/// The diagonal with its damping. Dead columns have the mean there, which changes no weight.
std::vector<double> dampedDiagonal(std::span<const float> hessian, std::uint64_t columns, double damping) {
  std::vector<double> diagonal(columns);
  for (std::uint64_t j = 0; j < columns; ++j) diagonal[j] = static_cast<double>(hessian[j * columns + j]);
  double mean = std::accumulate(diagonal.begin(), diagonal.end(), 0.0) / static_cast<double>(columns);
  if (mean == 0.0) mean = 1.0;
  std::replace(diagonal.begin(), diagonal.end(), 0.0, mean);
  for (double& value : diagonal) value += damping * mean;
  return diagonal;
}

std::vector<std::uint32_t> orderOf(std::span<const float> hessian, std::uint64_t columns, ActOrder actOrder) {
  std::vector<std::uint32_t> order(columns);
  std::iota(order.begin(), order.end(), 0U);
  if (actOrder == ActOrder::On)
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return hessian[a * columns + a] > hessian[b * columns + b];
    });
  return order;
}

/// @param damping in: what was asked for; out: what it took
InverseFactor dampedFactor(std::span<const float> hessian, std::span<const std::uint32_t> order,
                           const std::string& name, double& damping, const JobContext& job) {
  for (; damping <= 1.0; damping = std::max(10.0 * damping, kLeastSecondDamping)) {
    const std::vector<double> diagonal = dampedDiagonal(hessian, order.size(), damping);
    if (auto factor = InverseFactor::of({hessian, diagonal, order}, job)) return std::move(*factor);
  }
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("The Hessian of the tensor {} is not positive definite, however much it is damped: it is no "
                          "mean of x xᵀ.",
                          io::inQuotes(name)),
              name);
}

/// Whether a group's grid may wait until its first column comes.
bool canWait(const CodeGrids& grids, const Method& method, std::uint64_t columns) {
  if (method.staticGroups == StaticGroups::On || grids.areTogether()) return false;
  const Grouping grouping = grids.grouping();
  return grouping.granularity == Granularity::Group ||
         (grouping.granularity == Granularity::Block && columns % grouping.size == 0);
}

/// What is known before the first weight is rounded.
struct Preparation {
  std::vector<std::uint32_t> order;
  double damping;
  InverseFactor factor;
  std::vector<std::uint8_t> isDead;
  std::uint32_t waitingGroup;
};

Preparation prepare(const QuantizedTensor& source, std::span<const float> hessian, const Method& method,
                    CodeGrids& grids, const JobContext& job) {
  const std::uint64_t columns = source.rowValues();
  checkHessian(hessian, columns, source.name);
  std::vector<std::uint32_t> order = orderOf(hessian, columns, method.actOrder);
  double damping = method.damping;
  InverseFactor factor = dampedFactor(hessian, order, source.name, damping, job);
  std::vector<std::uint8_t> isDead(columns);
  for (std::uint64_t j = 0; j < columns; ++j) isDead[j] = hessian[j * columns + j] == 0.0F ? 1 : 0;
  const bool waits = canWait(grids, method, columns);
  if (!waits) chooseAll(grids, source, job);
  return {std::move(order), damping, std::move(factor), std::move(isDead), waits ? grids.grouping().size : 0};
}

}  // namespace

GptqCodes gptq(const QuantizedTensor& source, std::span<const float> hessian, const Method& method, CodeGrids& grids,
               const JobContext& job) {
  GptqCodes result;
  if (source.shape.isEmpty()) return result;
  Preparation ready = prepare(source, hessian, method, grids, job);
  result.damping = ready.damping;
  result.codes.resize(source.shape.count());
  const GptqPlan plan{source, ready.factor, ready.order, ready.isDead, ready.waitingGroup, grids, result.codes};
  forEachChunk(stripCount(source.rows()), 1, job, "Quantizing",
               [&](std::uint64_t strip, std::uint64_t) { GptqStrip(plan, strip * kStrip).run(); });
  if (ready.waitingGroup != 0 && method.actOrder == ActOrder::On) result.order = std::move(ready.order);
  return result;
}

GptqTrace traceGptq(const QuantizedTensor& source, std::span<const float> hessian, const Method& method,
                    CodeGrids& grids, std::uint64_t row, const JobContext& job) {
  const Preparation ready = prepare(source, hessian, method, grids, job);
  std::vector<std::uint8_t> codes(source.shape.count());
  const GptqPlan plan{source, ready.factor, ready.order, ready.isDead, ready.waitingGroup, grids, codes};
  GptqTrace trace;
  trace.row = row;
  trace.damping = ready.damping;
  GptqStrip(plan, row / kStrip * kStrip, &trace).run();
  return trace;
}

}  // namespace core::quant
