#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "core/base/job_context.h"
#include "core/base/multiversion.h"
#include "core/quant/nearest_level.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// The pieces of which scaled_levels.h is made.

/// How one format makes a scale of the largest magnitude of a group (formulas in scaled_levels.h).
class ScaleRule {
 public:
  /// @param tensorMax the largest finite magnitude of the tensor (NVFP4 alone depends on it)
  ScaleRule(const Format& format, const std::vector<float>& levels, float tensorMax);

  /// The scale as it is stored and read back.
  float operator()(float amax) const;
  /// Before it is rounded to what is stored: amax / largest, amax, or for NVFP4 what becomes FP8: g · amax / 6. Scales
  /// that are powers of two have no such number: they are what they are.
  float computed(float amax) const;
  float largestLevel() const { return m_largest; }
  /// NVFP4: what the FP8 scales are divided by, 448 · 6 / tensorMax; else 1.
  float tensorFactor() const { return m_global; }

 private:
  Family m_family;
  ScaleType m_type;
  float m_largest;
  float m_global = 1.0F;
};

/// The largest finite magnitude of every group of a tensor.
std::vector<float> groupMaxima(const QuantizedTensor& source, const Grouping& grouping, const JobContext& job);

/// Levels that are written: all but the −128 of mx_int8, which has no positive counterpart (NaN here).
std::vector<float> writtenLevels(const Format& format);
Ties tiesOf(const Format& format);

/// A value in units of its scale; 0 for NaN, and so for every value of a group of zeros.
QS_FORCE_INLINE float inUnitsOf(float scale, float value) {
  const float x = value / scale;
  return x != x ? 0.0F : x;
}

}  // namespace core::quant
