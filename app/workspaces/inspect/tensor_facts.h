#pragma once
#include <QObject>
#include <QString>
#include <optional>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "core/metrics/tensor_stats.h"

namespace app {

/// Statistics and histogram of every tensor of the open model, computed in the background from the first to the last;
/// the selected tensor goes first. What was computed is kept until another model is opened.
class TensorFacts : public QObject {
  Q_OBJECT
 public:
  TensorFacts(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);

  /// Begins or goes on; does nothing while a hidden workspace has paused it.
  void setActive(bool active);
  const core::metrics::TensorSummary* find(std::size_t tensor) const;
  /// Why a tensor has no statistics; empty when it has or will have.
  QString problem(std::size_t tensor) const;

 Q_SIGNALS:
  void reset();
  void computed(std::size_t tensor);

 private:
  void restart();
  void computeNext();
  void preferSelected();
  std::optional<std::size_t> nextTensor() const;

  Selection& m_selection;
  JobRunner& m_jobs;
  std::vector<std::optional<core::metrics::TensorSummary>> m_facts;
  std::vector<QString> m_problems;
  std::optional<std::size_t> m_running;
  bool m_active = false;
};

}  // namespace app
