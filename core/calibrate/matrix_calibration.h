#pragma once
#include <string>

#include "core/io/importance_matrix.h"
#include "core/quant/calibration.h"

namespace core::calibrate {

/// What an importance matrix shows: the importance of columns and nothing else.
class MatrixCalibration final : public quant::Calibration {
 public:
  /// @param title its file's name, for people
  MatrixCalibration(io::ImportanceMatrix matrix, std::string title);

  /// @param tensor under either of its names (tensor_names.h), whichever the matrix has
  /// @throws Error (Unsupported) for more than CalibrationNeed::Importance
  quant::TensorCalibrationPtr of(const std::string& tensor, quant::CalibrationNeed need,
                                 const JobContext& job) override;
  std::string identity() const override { return m_identity; }
  std::string title() const override { return m_title; }
  const io::ImportanceMatrix& matrix() const { return m_matrix; }

 private:
  io::ImportanceMatrix m_matrix;
  std::string m_title, m_identity;
};

}  // namespace core::calibrate
