#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/session/quantize_plan.h"
#include "core/quant/calibration.h"

namespace app {

/// Factors of columns (AWQ, SmoothQuant) that a written model holds nowhere but in its weights: one per input column
/// for all matrices that share the input, and the layer before is divided by them. In a block of a Llama:
///   attn_norm            → attn_q, attn_k, attn_v
///   rows of attn_v       → attn_output, where every head of queries has keys and values of its own
///   ffn_norm             → ffn_gate, ffn_up
///   rows of ffn_up       → ffn_down
/// Matrices of which not all have the method have no factors. As llm-awq and AutoAWQ fold them.
class SharedFactors {
 public:
  /// @param rows of a plan with a method that multiplies columns; the source can be run
  SharedFactors(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows,
                core::quant::Calibration* calibration);

  /// What the columns of a matrix are multiplied by: ones where it has no factors.
  const std::vector<float>& ofColumns(std::size_t row, const core::JobContext& job);
  /// What the rows of a matrix, or the values of a norm or bias, are divided by; null: nothing.
  const std::vector<float>* ofRows(std::size_t row, const core::JobContext& job);
  /// Whether rows of this tensor are divided, without searching for the factors.
  bool dividesRows(std::size_t row) const;
  /// One sentence on what is shared.
  std::string describe() const;

 private:
  /// Tensors of one block by their GGUF names behind "blk.N.".
  using Block = std::string;

  std::vector<std::size_t> readersOf(std::string_view divided, const Block& block) const;
  const std::vector<float>& factorsOf(const std::vector<std::size_t>& readers, const core::JobContext& job);

  const core::io::Checkpoint& m_source;
  const std::vector<QuantizedFileRow>& m_rows;
  core::quant::Calibration* m_calibration;
  bool m_sharesHeads;                                       ///< several heads of queries read one of values
  std::map<std::string, std::size_t, std::less<>> m_index;  ///< rows by GGUF's names
  std::vector<std::string> m_names;                         ///< GGUF's names of the rows; empty for others
  std::map<std::size_t, std::vector<float>> m_factors;      ///< by the first reader
};

}  // namespace app
