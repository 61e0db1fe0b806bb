// The part of Selection that knows what waits for a calibration.
#include "app/selection/selection.h"

namespace app {

using core::quant::CalibrationNeed;

std::optional<CalibrationState> Selection::calibrationState() const {
  return m_model ? m_model->calibration().state() : std::nullopt;
}

void Selection::setCalibrating(bool calibrating) {
  m_calibrating = calibrating;
  Q_EMIT calibrationChanged();
}

CalibrationNeed Selection::needOf(const core::model::Recipe& recipe) const {
  if (const core::quant::Scheme* scheme = recipe.asScheme()) return core::quant::calibrationNeed(*scheme);
  const core::model::RecipePlan* const plan = planOf(recipe);
  return plan == nullptr ? CalibrationNeed::None : core::model::calibrationNeed(*plan);
}

// What is read when somebody first asks is not there yet either: reading takes a while and is to be seen.
CalibrationWait Selection::waitFor(CalibrationNeed need) const {
  if (!m_model || need == CalibrationNeed::None) return CalibrationWait::Nothing;
  if (m_calibrating) return CalibrationWait::Reading;
  const auto state = calibrationState();
  return state && state->made && state->most >= need ? CalibrationWait::Nothing : CalibrationWait::Text;
}

}  // namespace app
