#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace core::quant {

/// Σ x xᵀ over the inputs x of a linear layer, as they stream by: what GPTQ calls the Hessian (of the squared error of
/// the layer's output, Frantar et al. 2023, without the factor 2, which changes nothing there).
/// Summed in double; only one triangle is kept, so it takes 4 · width² bytes. The result does not depend on how the
/// rows were handed over, nor on the number of threads.
class HessianSum {
 public:
  /// @param width values of one x. @throws Error (InvalidArgument) when it is 0
  explicit HessianSum(std::size_t width);

  /// @param rows whole rows, one after the other; values that are not finite make the sums they enter not finite
  /// @throws Error (InvalidArgument) when they are no whole rows
  void addRows(std::span<const float> rows);
  /// [width, width] row-major, symmetric; zeros before the first row.
  std::vector<float> mean() const;
  std::uint64_t rows() const { return m_rows; }
  std::size_t width() const { return m_width; }

 private:
  void addPanel();

  std::size_t m_width;
  std::uint64_t m_rows = 0;
  std::size_t m_pending = 0;    ///< rows of the panel that are not in the sums
  std::vector<double> m_panel;  ///< [strip][256][32]
  std::vector<double> m_sums;   ///< [32, 32] of each pair of strips i ≤ j, in the order of j, then i
};

}  // namespace core::quant
