#pragma once
#include <vector>

#include "core/quant/methods/code_grids.h"

namespace core::quant {

/// The levels of GGUF's q4_0 and q8_0 (layouts in ggml_legacy.h): 32 values of a row under an FP16 scale d, which
/// is the value of largest magnitude / −8, or the largest magnitude / 127. Unlike ggml's own encoders, d is rounded to
/// FP16 before codes are chosen by it, to nearest even.
class BlockGrids : public CodeGrids {
 public:
  BlockGrids(tensor::DType dtype, const tensor::Shape& shape);

  Grouping grouping() const override;
  void choose(std::uint64_t group, std::span<const float> weights) override;
  RoundedValue round(std::uint64_t group, float value) const override;
  Layout store(std::span<const std::uint8_t> codes, std::uint8_t* payload) override;

 private:
  tensor::DType m_dtype;
  float m_lowest, m_highest;            ///< levels in units of d
  std::vector<std::uint16_t> m_halves;  ///< d as it is stored
};

}  // namespace core::quant
