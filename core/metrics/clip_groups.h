#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/quant/grid.h"
#include "core/quant/scheme.h"
#include "core/tensor/shape.h"

namespace core::metrics {

/// The values a group is clipped to: everything beyond is stored as the nearest end.
struct ClipRange {
  float low = 0, high = 0;
};
/// `clip` times the range of the finite values: of both ends under a zero-point, else of the largest magnitude.
/// @param clip 0…1; 1 clips nothing
ClipRange clipRange(const quant::Scheme& scheme, std::span<const float> values, double clip);

/// The weights of a tensor that share scales with a part of it, group by group, with the range of each group: what is
/// clipped when that part is. Groups of GGUF types are their blocks.
class ClipGroups {
 public:
  /// @param values of the whole tensor, row-major  @param part flat range; groups that reach into it count as a whole
  ClipGroups(const quant::Scheme& scheme, const tensor::Shape& shape, std::span<const float> values,
             const quant::FlatRange& part);

  /// Writes the weights of these groups, each clipped to that share of its own group's range; others stay. NaN stays.
  /// @param values and clipped of the whole tensor
  void clip(double share, std::span<const float> values, std::span<float> clipped) const;

 private:
  /// Neighbours of one group: a whole group, or its part in one row.
  struct Run {
    std::uint64_t first, count, group;
  };
  std::vector<Run> m_runs;
  std::vector<ClipRange> m_full;  ///< by group, as counted here
};

}  // namespace core::metrics
