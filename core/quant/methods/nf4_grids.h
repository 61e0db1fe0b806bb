#pragma once
#include "core/quant/methods/code_grids.h"

namespace core::quant {

/// The 16 levels of NF4 under the absmax of a block of the flattened tensor (bitsandbytes.h).
class Nf4Grids : public CodeGrids {
 public:
  Nf4Grids(const Grouping& grouping, const tensor::Shape& shape);

  Grouping grouping() const override { return m_codes.grouping; }
  void choose(std::uint64_t group, std::span<const float> weights) override;
  RoundedValue round(std::uint64_t group, float value) const override;
  Layout store(std::span<const std::uint8_t> codes, std::uint8_t* payload) override;

 private:
  CodeBook m_codes;
};

}  // namespace core::quant
