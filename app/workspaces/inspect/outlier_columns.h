#pragma once
#include <QObject>
#include <QString>
#include <optional>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/pictures/column_marks.h"
#include "app/workspaces/inspect/subject.h"

namespace app {

/// The columns of the selected matrix whose inputs reach the threshold of LLM.int8() in the calibration text: what that
/// multiplies in FP16. Computed in the background where the current or a checked scheme is LLM.int8().
class OutlierColumns : public QObject {
  Q_OBJECT
 public:
  OutlierColumns(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);

  /// Looks at the selection again; starts what is missing. @param active false: stops, and lets go
  void follow(bool active);
  /// Ascending; empty where there are none, or nobody asks.
  const std::vector<MarkedColumn>& columns() const { return m_columns; }
  /// One sentence on what is marked or why nothing is; empty where LLM.int8() is not asked for.
  QString text() const;
  /// What it asks of a calibration.
  core::quant::CalibrationNeed need() const;

 Q_SIGNALS:
  void changed();

 private:
  std::optional<float> threshold() const;
  void forget();

  Selection& m_selection;
  JobRunner& m_jobs;
  Subject m_subject;
  std::optional<float> m_threshold;  ///< of what is known or computed
  std::vector<MarkedColumn> m_columns;
  QString m_problem;
  bool m_isKnown = false;
};

}  // namespace app
