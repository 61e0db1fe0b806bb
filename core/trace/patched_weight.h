#pragma once
#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/train/weight_source.h"

namespace core::trace {

/// A weight with something added to single elements.
class PatchedWeight final : public train::WeightSource {
 public:
  using Added = std::pair<std::uint64_t, float>;  ///< flat index, what is added

  /// @param added ascending
  PatchedWeight(std::shared_ptr<const train::WeightSource> base, std::uint64_t width, std::vector<Added> added)
      : m_base(std::move(base)), m_width(width), m_added(std::move(added)) {}

  void rows(std::uint64_t firstRow, std::span<float> values) const override {
    m_base->rows(firstRow, values);
    const std::uint64_t first = firstRow * m_width;
    for (auto at = std::ranges::lower_bound(m_added, first, {}, &Added::first);
         at != m_added.end() && at->first < first + values.size(); ++at)
      values[at->first - first] += at->second;
  }

 private:
  std::shared_ptr<const train::WeightSource> m_base;
  std::uint64_t m_width;
  std::vector<Added> m_added;
};

}  // namespace core::trace
