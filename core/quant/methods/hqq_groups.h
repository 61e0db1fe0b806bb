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

/// What a weight becomes under a grid: (q − zero) · scale with the nearest q.
float valueUnder(const HqqGrid& grid, float weight, std::uint32_t bits);

/// What becomes of some groups of a tensor under HQQ, for whoever explains them. Filled by the method itself.
struct HqqTrace {
  std::uint64_t row = 0;                    ///< the groups that lie in it are wanted, or the one of the whole tensor
  std::uint64_t firstGroup = 0;             ///< of them
  std::vector<double> errors;               ///< mean |r| of the whole tensor at the beginning of each iteration
  std::vector<std::vector<HqqGrid>> grids;  ///< of the wanted groups: at first, then after each iteration
  std::vector<HqqGrid> stored;  ///< as the codes were chosen with: zero − offset in FP16 where it is stored so
};

/// The groups of a tensor under HQQ (formulas in hqq.h).
class HqqGroups {
 public:
  /// @param weights finite, one group after the other. @param starts where each begins, and where the last ends
  HqqGroups(std::span<const float> weights, std::vector<std::uint64_t> starts, std::uint32_t bits, ScaleType scaleType);

  /// Moves the zero-points. @param trace with `groups` of them wanted; null: nobody asks @throws Cancelled
  void optimize(const JobContext& job, HqqTrace* trace = nullptr, std::uint64_t groups = 0);
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
