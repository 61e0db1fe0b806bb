#pragma once
#include <cstdint>
#include <functional>

#include "core/quant/calibration.h"

namespace core::model {

/// What a calibration knows of inputs whose columns were put in another order.
class ReorderedInputs final : public quant::Calibration {
 public:
  /// @param calibration outlives this  @param from the column there that is column c here
  ReorderedInputs(quant::Calibration& calibration, std::function<std::uint64_t(std::uint64_t)> from)
      : m_calibration(calibration), m_from(std::move(from)) {}

  quant::TensorCalibrationPtr of(const std::string& tensor, quant::CalibrationNeed need,
                                 const JobContext& job) override;
  std::string identity() const override { return m_calibration.identity(); }
  std::string title() const override { return m_calibration.title(); }

 private:
  quant::Calibration& m_calibration;
  std::function<std::uint64_t(std::uint64_t)> m_from;
};

}  // namespace core::model
