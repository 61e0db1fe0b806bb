#include "core/evaluate/sensitivity.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/base/error.h"

namespace core::evaluate {

namespace {

std::string nameOf(const PlacedTensor& tensor, Level level) {
  if (level == Level::Role) return tensor.role;
  if (level == Level::Tensor || !tensor.layer) return tensor.name;
  return fmt::format("layer {}", *tensor.layer);
}

/// The first operation that computes with one of the tensors.
std::size_t firstUse(const model::Graph& graph, const Part& part) {
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const auto* const weight = graph.ops[i].weight();
    if (weight != nullptr && *weight && std::ranges::find(part.tensors, (*weight)->name) != part.tensors.end())
      return i;
  }
  return std::numeric_limits<std::size_t>::max();
}

/// Indices of the parts that have something quantized, in the order in which they are measured.
std::vector<std::size_t> orderOf(const Sweep& sweep, const model::Graph& graph) {
  std::vector<std::size_t> order, uses;
  for (std::size_t i = 0; i < sweep.parts.size(); ++i) {
    uses.push_back(firstUse(graph, sweep.parts[i]));
    const bool isQuantized = std::ranges::any_of(
        sweep.parts[i].tensors, [&](const std::string& tensor) { return sweep.quantized.contains(tensor); });
    if (isQuantized) order.push_back(i);
  }
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const Level levelA = sweep.parts[a].level, levelB = sweep.parts[b].level;
    return levelA != levelB ? levelA < levelB : uses[a] > uses[b];
  });
  return order;
}

Exchanged only(const Exchanged& quantized, const Part& part) {
  Exchanged result;
  for (const std::string& tensor : part.tensors)
    if (const auto found = quantized.find(tensor); found != quantized.end()) result.insert(*found);
  return result;
}

/// A measurement, or, of a model that computes no numbers, why there is none.
std::optional<BlockRatio> measured(ExchangeMeter& meter, const Exchanged& tensors, std::string& failure,
                                   const JobContext& job) {
  try {
    return meter.measure(tensors, job);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFinite) throw;
    failure = error.what();
    return std::nullopt;
  }
}

Exchanged without(Exchanged quantized, const Part& part) {
  for (const std::string& tensor : part.tensors) quantized.erase(tensor);
  return quantized;
}

}  // namespace

std::string_view toString(Level level) {
  switch (level) {
    case Level::Layer:
      return "layer";
    case Level::Role:
      return "role";
    case Level::Tensor:
      return "tensor";
  }
  return {};
}

std::string_view toString(Direction direction) { return direction == Direction::Swap ? "swap" : "restore"; }

std::vector<Part> partsOf(const std::vector<PlacedTensor>& tensors, Level level) {
  std::vector<Part> parts;
  for (const PlacedTensor& tensor : tensors) {
    const std::string name = nameOf(tensor, level);
    auto found = std::ranges::find(parts, name, &Part::name);
    if (found == parts.end()) found = parts.insert(parts.end(), {level, name, {}});
    found->tensors.push_back(tensor.name);
  }
  return parts;
}

void measureSensitivity(ExchangeMeter& meter, const Sweep& sweep, const SweepVisitor& visitor, const JobContext& job) {
  const std::vector<std::size_t> order = orderOf(sweep, meter.meter().reference());
  const auto steps = static_cast<double>(1 + order.size() * ((sweep.swaps ? 1 : 0) + (sweep.restores ? 1 : 0)));
  double done = 0.0;
  const auto next = [&] {
    done += 1.0;
    return job.part((done - 1.0) / steps, done / steps);
  };
  std::string failure;
  const auto whole = measured(meter, sweep.quantized, failure, next());
  if (whole && visitor.whole) visitor.whole(*whole);
  if (!whole && visitor.wholeFails) visitor.wholeFails(failure);
  for (std::size_t i = 0; sweep.swaps && i < order.size(); ++i) {
    Sensitivity of{order[i], Direction::Swap, {}, {}, {}, {}};
    if (auto swapped = measured(meter, only(sweep.quantized, sweep.parts[order[i]]), of.failure, next())) {
      of.divergence = *std::move(swapped);
      of.kl = of.change = of.divergence.ratio();
    }
    visitor.part(of);
  }
  if (!sweep.restores) return;
  if (whole) meter.setBase(sweep.quantized, job.part(done / steps, done / steps));
  for (const std::size_t part : order) {
    Sensitivity of{part, Direction::Restore, {}, {}, {}, {}};
    if (auto restored = measured(meter, without(sweep.quantized, sweep.parts[part]), of.failure, next())) {
      of.divergence = *std::move(restored);
      of.kl = of.divergence.ratio();
      if (whole) of.change = pairedDifference(*whole, of.divergence);
    }
    visitor.part(of);
  }
}

}  // namespace core::evaluate
