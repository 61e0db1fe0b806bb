#pragma once
#include <QTimer>
#include <QWidget>

#include "app/workspaces/train/train_state.h"

class QProgressBar;
class QPushButton;

namespace app {

class Label;

/// What a person does with a run, and how far it is: one button that trains, pauses and resumes, one that stops or
/// starts over, a line that says what happens.
class RunBar : public QWidget {
  Q_OBJECT
 public:
  explicit RunBar(TrainState& state, const QString& prefix, QWidget* parent = nullptr);

  /// What a new run would be asked. @param problem why it cannot; empty: it can  @param isOther than the run that is
  /// shown, so that resuming it is not what the form says
  void setQuestion(const QString& problem, bool isOther);
  void refresh();

 Q_SIGNALS:
  /// A new run is wanted.
  void trainWanted();

 private:
  void press();
  void startOver();
  bool beginsAnew() const;
  QString statusText() const;
  /// How long a new run would take.
  QString estimateText() const;
  /// What the run is at, how long it took and will take.
  QString progressText() const;

  TrainState& m_state;
  QString m_problem;
  bool m_isOther = false;
  QPushButton *m_primary, *m_second;
  QProgressBar* m_progress;
  Label* m_status;
  QTimer m_clock;  ///< of the seconds that are told
};

}  // namespace app
