#include "app/session/model_calibration.h"

#include <utility>

namespace app {

namespace {

using core::quant::CalibrationPtr;

/// A calibration that is made when it is first asked.
class LazyCalibration final : public core::quant::Calibration {
 public:
  explicit LazyCalibration(ModelCalibration::Make make) : m_make(std::move(make)) {}

  core::quant::TensorCalibrationPtr of(const std::string& tensor, core::quant::CalibrationNeed need,
                                       const core::JobContext& job) override {
    return made()->of(tensor, need, job);
  }
  std::string identity() const override { return made()->identity(); }
  std::string title() const override { return made()->title(); }

 private:
  CalibrationPtr made() const {
    const std::lock_guard lock(m_mutex);
    if (!m_made) m_made = m_make();
    return m_made;
  }

  ModelCalibration::Make m_make;
  mutable std::mutex m_mutex;
  mutable CalibrationPtr m_made;
};

}  // namespace

void ModelCalibration::setDefault(CalibrationState state, Make make) {
  set(std::move(state), std::make_shared<LazyCalibration>(std::move(make)));
}

void ModelCalibration::set(CalibrationState state, CalibrationPtr calibration) {
  const std::lock_guard lock(m_mutex);
  m_state = std::move(state);
  m_current = std::move(calibration);
}

CalibrationPtr ModelCalibration::current() const {
  const std::lock_guard lock(m_mutex);
  return m_current;
}

std::optional<CalibrationState> ModelCalibration::state() const {
  const std::lock_guard lock(m_mutex);
  return m_current ? std::optional(m_state) : std::nullopt;
}

}  // namespace app
