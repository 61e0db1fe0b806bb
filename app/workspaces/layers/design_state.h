#pragma once
#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/workspaces/layers/design_run.h"

namespace app {

/// What the parts of the designer share: the question that stands above, and what is known of the answer to the one
/// that was asked last. The work is a job.
class DesignState : public QObject {
  Q_OBJECT
 public:
  DesignState(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);
  ~DesignState() override;

  Selection& selection() const { return m_selection; }

  /// Nothing where what is typed is no question; then problem() says why.
  const std::optional<DesignQuestion>& question() const { return m_question; }
  const QString& problem() const { return m_problem; }
  void setQuestion(std::optional<DesignQuestion> question, const QString& problem);
  /// What its candidates, and what it is to be as large as, ask of a calibration.
  core::quant::CalibrationNeed need() const;

  /// Of the open model; null where nothing is known.
  const DesignOutcome* outcome() const { return m_outcome ? &*m_outcome : nullptr; }
  /// Whether it answers another question than stands above, or was measured with another calibration.
  bool isOld() const;
  bool isRunning() const;
  bool wasStopped() const { return m_wasStopped; }
  /// Why it ended early; empty: it did not.
  const QString& failure() const { return m_failure; }
  /// @pre question()
  void run();
  void stop();

 Q_SIGNALS:
  void changed();

 private:
  void takeNews();
  void followModel();
  /// Which calibration a question is answered with; empty where it needs none.
  QString calibrationFor(core::quant::CalibrationNeed need) const;

  Selection& m_selection;
  JobRunner& m_jobs;
  std::shared_ptr<Engine> m_engine;
  std::shared_ptr<OpenModel> m_model;
  std::optional<DesignQuestion> m_question;
  QString m_problem, m_failure, m_calibration;  ///< the latter of the outcome
  std::shared_ptr<DesignFeed> m_feed;           ///< of the running job
  std::optional<DesignOutcome> m_outcome;
  core::quant::CalibrationNeed m_need = core::quant::CalibrationNeed::None;  ///< of the outcome
  QTimer m_poll;
  bool m_wasStopped = false;
};

}  // namespace app
