#pragma once
#include <QObject>
#include <functional>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "core/calibrate/token_windows.h"

namespace app {

class StopNotice;

/// Reads a text, or opens an importance matrix, for the schemes of the open model: one at a time, beside the GUI
/// thread. A built-in model's own text is read without a word as soon as a scheme that was ticked or chosen asks for
/// it.
class Calibrator : public QObject {
  Q_OBJECT
 public:
  /// What to read.
  struct Order {
    QString text;  ///< a file, or the word of a built-in text
    core::calibrate::CalibrationSettings settings;
  };

  Calibrator(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);

  /// What can be read without asking: a built-in model's text, until something was read. Nothing for others.
  std::optional<Order> usual() const;
  /// @pre a model is open
  void read(const Order& order);
  /// @pre a model is open
  void openImportance(const QString& file);
  /// Somebody waits for this: reads a built-in model's text by itself, unless that was stopped or has failed before.
  void want(core::quant::CalibrationNeed need);
  void stop();
  bool isRunning() const { return m_isRunning; }
  double progress() const;  ///< 0…1; −1 while unknown
  /// Why the last one did not come to its end; empty when it did.
  const QString& problem() const { return m_problem; }

 Q_SIGNALS:
  /// It began, moved on or ended. (What views compute again follows Selection::calibrationChanged.)
  void changed();
  void failed(const QString& sentence);

 private:
  using Work = std::function<void(const OpenModel&, const core::JobContext&)>;
  void run(const QString& title, Work work);
  void end(const QString& problem);
  void followSchemes();
  void followModel();

  Selection& m_selection;
  JobRunner& m_jobs;
  StopNotice* m_stop;
  JobId m_job = 0;
  bool m_isRunning = false;
  bool m_asks = false;  ///< after a failure or a stop nothing is read without being asked for
  QString m_problem;
};

}  // namespace app
