#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/calibrate/sections.h"
#include "core/quant/calibration.h"

namespace core::calibrate {

/// What is known of the inputs of a stack of experts: Σ x² of the rows that each of them was given. Values and routes
/// of a batch come one after the other, in either order.
class ExpertStatistics {
 public:
  explicit ExpertStatistics(const ExpertInput& input);

  /// @param data [rows, width of the value] of the input, or of the routes
  void look(model::ValueId value, std::span<const float> data);
  /// Mean of x² for every column of every matrix; 1 of an expert that no token came by, as an importance matrix of
  /// llama.cpp has it.
  quant::TensorCalibration calibration() const;

  std::span<const double> squares() const { return m_squares; }   ///< [experts, width]
  std::span<const std::uint64_t> rows() const { return m_rows; }  ///< [experts]

 private:
  void add();

  ExpertInput m_input;
  std::vector<double> m_squares;
  std::vector<std::uint64_t> m_rows;
  std::vector<float> m_values, m_routes;  ///< of the batch at hand
};

}  // namespace core::calibrate
