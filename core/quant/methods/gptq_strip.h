#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/quant/methods/code_grids.h"
#include "core/quant/methods/gptq_trace.h"
#include "core/quant/methods/inverse_factor.h"

namespace core::quant {

/// What all rows of a matrix share under GPTQ.
struct GptqPlan {
  const QuantizedTensor& source;
  const InverseFactor& factor;
  std::span<const std::uint32_t> order;  ///< of the columns
  std::span<const std::uint8_t> isDead;  ///< whether a column's input is always 0
  std::uint32_t waitingGroup;            ///< columns whose grid waits until the first of them comes; 0: all are chosen
  CodeGrids& grids;
  std::span<std::uint8_t> codes;
};

/// GPTQ on 32 rows of a matrix, side by side (formulas in gptq.h). Rows do not depend on each other.
class GptqStrip {
 public:
  /// @param trace of one of the rows; null: nobody asks
  GptqStrip(const GptqPlan& plan, std::uint64_t firstRow, GptqTrace* trace = nullptr);
  void run();

 private:
  void load();
  void chooseGrids(std::size_t column);
  void roundColumn(std::size_t column, std::size_t inBlock);
  void note(std::size_t column, std::size_t inBlock, std::uint64_t stored, const RoundedValue& rounded);
  void runBlock(std::size_t first, std::size_t count);
  void tellLaterColumns(std::size_t first, std::size_t count);

  const GptqPlan& m_plan;
  GptqTrace* m_trace;
  std::uint64_t m_firstRow, m_rows, m_columns;
  std::vector<double> m_weights;  ///< [column][32], in the order of the plan; of the block: as they were when it began
  std::vector<double> m_block;    ///< [column of the block][32]
  std::vector<double> m_errors;   ///< [column of the block][32]: (w − q) / U[j][j]
};

}  // namespace core::quant
