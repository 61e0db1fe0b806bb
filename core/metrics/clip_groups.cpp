#include "core/metrics/clip_groups.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/quant/explain/block_place.h"

namespace core::metrics {

namespace {

void include(ClipRange& range, std::span<const float> values) {
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
}

/// Levels without a zero-point are symmetric: the larger end is that of both.
ClipRange evened(const quant::Scheme& scheme, ClipRange range) {
  if (scheme.format.zeroPoint == quant::ZeroPoint::On) return range;
  range.high = std::max(range.high, -range.low);
  range.low = -range.high;
  return range;
}

ClipRange scaled(const ClipRange& range, double share) {
  return {static_cast<float>(static_cast<double>(range.low) * share),
          static_cast<float>(static_cast<double>(range.high) * share)};
}

}  // namespace

ClipRange clipRange(const quant::Scheme& scheme, std::span<const float> values, double clip) {
  ClipRange range;
  include(range, values);
  return scaled(evened(scheme, range), clip);
}

ClipGroups::ClipGroups(const quant::Scheme& scheme, const tensor::Shape& shape, std::span<const float> values,
                       const quant::FlatRange& part) {
  const quant::Grouping grouping = quant::blockGrouping(scheme.format);
  const std::uint64_t columns = shape.rowValues();
  std::map<std::uint64_t, std::uint64_t> numbers;  // of the groups that reach into the part
  const auto eachRun = [&](std::uint64_t firstRow, std::uint64_t endRow, const auto& visit) {
    for (std::uint64_t row = firstRow; row < endRow; ++row)
      quant::forEachRun(grouping, columns, row, [&](std::uint64_t column, std::uint64_t count, std::uint64_t group) {
        visit(row * columns + column, count, group);
      });
  };
  const std::uint64_t end = part.first + part.count;
  const std::uint64_t firstRow = part.first / columns, endRow = (end + columns - 1) / columns;
  eachRun(firstRow, endRow, [&](std::uint64_t first, std::uint64_t count, std::uint64_t group) {
    if (first < end && first + count > part.first) numbers.emplace(group, numbers.size());
  });
  // Groups of a row lie in it; others may begin before these rows and end behind them.
  const bool isOfRow =
      grouping.granularity == quant::Granularity::Row || grouping.granularity == quant::Granularity::Group;
  m_full.resize(numbers.size());
  eachRun(isOfRow ? firstRow : 0, isOfRow ? endRow : shape.rows(),
          [&](std::uint64_t first, std::uint64_t count, std::uint64_t group) {
            const auto found = numbers.find(group);
            if (found == numbers.end()) return;
            include(m_full[found->second], values.subspan(first, count));
            m_runs.push_back({first, count, found->second});
          });
  for (ClipRange& range : m_full) range = evened(scheme, range);
}

void ClipGroups::clip(double share, std::span<const float> values, std::span<float> clipped) const {
  for (const Run& run : m_runs) {
    const ClipRange range = scaled(m_full[run.group], share);
    for (std::uint64_t i = run.first; i < run.first + run.count; ++i)
      clipped[i] = std::isnan(values[i]) ? values[i] : std::clamp(values[i], range.low, range.high);
  }
}

}  // namespace core::metrics
