#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/scale_type.h"

namespace core::quant {

/// Scale and zero-point of one group, for codes 0 … 2^b − 1: value = (q − zero) · scale.
struct HqqGrid {
  float scale = 0.0F;    ///< as it is stored; 0 for a group of zeros
  float inverse = 0.0F;  ///< what values are multiplied by: 1 / scale
  float zero = 0.0F;
};

/// The groups of a tensor under HQQ (formulas in hqq.h).
class HqqGroups {
 public:
  /// @param weights finite, one group after the other. @param starts where each begins, and where the last ends
  HqqGroups(std::span<const float> weights, std::vector<std::uint64_t> starts, std::uint32_t bits, ScaleType scaleType);

  /// Moves the zero-points. @throws Cancelled
  void optimize(const JobContext& job);
  /// Makes zero − offset a number of FP16 in all groups.
  void roundZeros(float offset);
  std::span<const HqqGrid> grids() const { return m_grids; }
  /// The code of a value.
  std::uint8_t code(std::uint64_t group, float value) const;

 private:
  std::span<const float> valuesOf(std::uint64_t group) const;
  void span(std::uint64_t group, float farthestZero);
  double improve(std::uint64_t group, float beta);

  std::span<const float> m_weights;
  std::vector<std::uint64_t> m_starts;
  float m_largest;  ///< code
  std::vector<HqqGrid> m_grids;
};

}  // namespace core::quant
