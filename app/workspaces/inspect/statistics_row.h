#pragma once
#include <QWidget>
#include <vector>

#include "core/metrics/tensor_stats.h"

namespace app {

class Label;

/// The statistics of a tensor as a line of small tiles.
class StatisticsRow : public QWidget {
  Q_OBJECT
 public:
  explicit StatisticsRow(QWidget* parent = nullptr);
  /// @param stats null while they are being computed, or when `problem` says why there are none
  void setStatistics(const core::metrics::TensorStats* stats, const QString& problem = {});

 private:
  std::vector<Label*> m_values;
};

}  // namespace app
