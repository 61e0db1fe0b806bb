#pragma once
#include <vector>

#include "core/quant/methods/code_grids.h"
#include "core/quant/uniform_range.h"

namespace core::quant {

/// Even levels under scale and zero-point (Integer family, formulas in uniform_encode.h), by any range method. Scales
/// of 8 bits are chosen together, as their second level needs the largest of 256.
class UniformGrids : public CodeGrids {
 public:
  UniformGrids(const Scheme& scheme, const tensor::Shape& shape);

  Grouping grouping() const override { return m_codes.grouping; }
  void choose(std::uint64_t group, std::span<const float> weights) override;
  bool areTogether() const override { return m_codes.scaleType == ScaleType::UInt8; }
  void finish() override;
  RoundedValue round(std::uint64_t group, float value) const override;
  Layout store(std::span<const std::uint8_t> codes, std::uint8_t* payload) override;

 private:
  Scheme m_scheme;
  tensor::Shape m_shape;
  UniformLevels m_level;
  Uniform m_codes;
  std::vector<Extremes> m_ranges;  ///< of scales that are chosen together
};

}  // namespace core::quant
