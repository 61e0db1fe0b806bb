#include "core/model/recipe/reordered_inputs.h"

#include <algorithm>

namespace core::model {

quant::TensorCalibrationPtr ReorderedInputs::of(const std::string& tensor, quant::CalibrationNeed need,
                                                const JobContext& job) {
  const quant::TensorCalibrationPtr known = m_calibration.of(tensor, need, job);
  if (known == nullptr) return nullptr;
  auto moved = std::make_shared<quant::TensorCalibration>(*known);
  const auto take = [&](const std::vector<float>& from, std::vector<float>& to) {
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[m_from(i)];
  };
  take(known->importance, moved->importance);
  take(known->meanMagnitude, moved->meanMagnitude);
  take(known->maxMagnitude, moved->maxMagnitude);
  const std::size_t columns = std::max(known->importance.size(), known->meanMagnitude.size());
  if (known->hessian.size() != columns * columns) return moved;
  for (std::size_t i = 0; i < columns; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      moved->hessian[i * columns + j] = known->hessian[m_from(i) * columns + m_from(j)];
  return moved;
}

}  // namespace core::model
