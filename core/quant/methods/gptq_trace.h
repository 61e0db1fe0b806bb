#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace core::quant {

/// One column of a row when its turn comes under GPTQ, as the method has it in hand (formulas in gptq.h).
struct GptqStep {
  std::uint32_t column = 0;  ///< of the weights
  std::uint64_t stored = 0;  ///< where its code lies in the row
  double weight = 0.0;       ///< as it was
  double stood = 0.0;        ///< after what earlier columns pushed into it
  std::uint8_t code = 0;
  float decoded = 0.0F;        ///< what the code stands for
  double diagonal = 0.0;       ///< U[j][j]
  double scaledError = 0.0;    ///< (stood − decoded) / U[j][j]
  std::vector<double> pushed;  ///< what is added to the columns after it, −scaledError · U[j][k], in the order taken

  bool operator==(const GptqStep&) const = default;
};

/// One row on its way through GPTQ, for whoever explains it. Filled by the method itself; costs nothing where nobody
/// asks.
struct GptqTrace {
  /// Pushes that are noted of a column: those into the next ones; farther columns get theirs as well.
  static constexpr std::size_t kMostPushed = 256;

  std::uint64_t row = 0;        ///< which one is wanted
  std::vector<GptqStep> steps;  ///< in the order in which the columns are taken
  double damping = 0.0;         ///< that it took, a part of the mean diagonal
};

}  // namespace core::quant
