#include "app/workspaces/train/run_bar.h"

#include <QHBoxLayout>
#include <QMessageBox>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/session/open_model.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/train/train_words.h"

namespace app {

namespace {

constexpr int kClockMilliseconds = 1000;

}  // namespace

RunBar::RunBar(TrainState& state, const QString& prefix, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_primary(new QPushButton),
      m_second(new QPushButton),
      m_progress(new QProgressBar),
      m_status(new Label(Label::Style::Muted)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  m_primary->setObjectName(prefix + QStringLiteral("-train"));
  m_primary->setProperty("kind", QStringLiteral("primary"));
  m_second->setObjectName(prefix + QStringLiteral("-stop"));
  row->addWidget(m_primary, 1);
  row->addWidget(m_second);
  column->addLayout(row);
  m_progress->setTextVisible(false);
  m_progress->setFixedHeight(4);
  m_progress->setAccessibleName(tr("Steps of the run"));
  column->addWidget(m_progress);
  m_status->setObjectName(prefix + QStringLiteral("-status"));
  m_status->setWrapping();
  column->addWidget(m_status);
  connect(m_primary, &QPushButton::clicked, this, &RunBar::press);
  connect(m_second, &QPushButton::clicked, this, [this] {
    m_state.isRunning() ? m_state.stop() : beginsAnew() ? m_state.resume() : startOver();
  });
  m_clock.setInterval(kClockMilliseconds);
  connect(&m_clock, &QTimer::timeout, this, &RunBar::refresh);
  refresh();
}

void RunBar::setQuestion(const QString& problem, bool isOther) {
  m_problem = problem;
  m_isOther = isOther;
  refresh();
}

// What was changed above the button is meant by it: the run that waits is the second one then.
bool RunBar::beginsAnew() const { return m_isOther && m_problem.isEmpty(); }

void RunBar::startOver() {
  auto* box =
      new QMessageBox(QMessageBox::Question, tr("Start over?"),
                      tr("Give up the run at step %1 of %2?")
                          .arg(text::count(m_state.stepsDone()), text::count(commonOf(*m_state.settings()).steps)),
                      QMessageBox::Cancel, window());
  box->setObjectName(QStringLiteral("start-over"));
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setInformativeText(
      tr("A new run with what is set above takes its place. What was used in Chat or saved stays."));
  const auto* over = box->addButton(tr("Start over"), QMessageBox::AcceptRole);
  connect(box, &QMessageBox::buttonClicked, this, [this, over](const QAbstractButton* clicked) {
    if (clicked == over) Q_EMIT trainWanted();
  });
  box->open();
}

void RunBar::press() {
  switch (m_state.phase()) {
    case TrainPhase::Running:
      return m_state.pause();
    case TrainPhase::Paused:
      return beginsAnew() ? startOver() : m_state.resume();
    case TrainPhase::Pausing:
    case TrainPhase::Stopping:
      return;
    case TrainPhase::None:
    case TrainPhase::Finished:
      Q_EMIT trainWanted();
  }
}

void RunBar::refresh() {
  const TrainPhase phase = m_state.phase();
  const bool isRunning = m_state.isRunning();
  const auto& model = m_state.selection().model();
  const bool canTrain = model && !model->whyCannotComplete() && m_problem.isEmpty();
  switch (phase) {
    case TrainPhase::None:
      m_primary->setText(tr("Train"));
      break;
    case TrainPhase::Running:
      m_primary->setText(tr("Pause"));
      break;
    case TrainPhase::Pausing:
      m_primary->setText(tr("Pausing…"));
      break;
    case TrainPhase::Stopping:
      m_primary->setText(tr("Stopping…"));
      break;
    case TrainPhase::Paused:
      m_primary->setText(beginsAnew() ? tr("Start over") : tr("Resume"));
      break;
    case TrainPhase::Finished:
      m_primary->setText(tr("Train again"));
      break;
  }
  const bool isPaused = phase == TrainPhase::Paused;
  const QString resume = tr("Goes on where the run was, with its own settings"),
                over = tr("A new run with what is set above; the one that is shown is given up");
  m_primary->setEnabled(isRunning || isPaused || canTrain);  // a button that is disabled loses the focus
  m_primary->setToolTip(phase == TrainPhase::Running ? tr("After the step under way; it can be resumed, also later")
                        : isPaused                   ? (beginsAnew() ? over : resume)
                                                     : tr("Begins with what is set above"));
  m_second->setVisible(isRunning || isPaused);
  m_second->setText(isRunning ? tr("Stop") : beginsAnew() ? tr("Resume") : tr("Start over"));
  m_second->setEnabled(isRunning || beginsAnew() || canTrain);
  m_second->setToolTip(isRunning      ? tr("At once; what was reached can be used, saved and resumed")
                       : beginsAnew() ? resume
                                      : over);
  if (isRunning && !m_clock.isActive()) m_clock.start();
  if (!isRunning) m_clock.stop();
  const auto steps = m_state.settings() ? commonOf(*m_state.settings()).steps : 0;
  m_progress->setMaximum(static_cast<int>(std::max<std::uint64_t>(steps, 1)));
  m_progress->setValue(static_cast<int>(m_state.stepsDone()));
  // What is still to be chosen is no failure.
  const bool hasFailed = !isRunning && !m_state.failure().isEmpty() && !m_isOther;
  m_status->setRole(hasFailed                            ? Label::Style::Error
                    : !isRunning && !m_problem.isEmpty() ? Label::Style::Body
                                                         : Label::Style::Muted);
  m_status->setText(statusText());
}

QString RunBar::estimateText() const {
  const auto& estimate = m_state.estimate();
  if (!estimate) return tr("Estimating how long it takes…");
  const QString whole = roughly(estimate->total());
  return estimate->isMeasured ? tr("About %1, %2 of it training, at the pace of the last run here.")
                                    .arg(whole, roughly(estimate->training))
                              : tr("Roughly %1, estimated from the model's size and a product timed here.").arg(whole);
}

QString RunBar::progressText() const {
  const QString at = activityText(*m_state.settings(), m_state.activity(), m_state.stepsDone());
  const QString taken = roughly(m_state.secondsTaken());
  const auto left = m_state.secondsLeft();
  return at + u'\n' + (left ? tr("%1 so far, about %2 left.").arg(taken, roughly(*left)) : tr("%1 so far.").arg(taken));
}

QString RunBar::statusText() const {
  const auto& model = m_state.selection().model();
  if (!model) return tr("No model is open.");
  if (model->whyCannotComplete()) return QString::fromStdString(*model->whyCannotComplete());
  if (!m_state.isRunning() && !m_state.failure().isEmpty() && !m_isOther) return m_state.failure();
  if (!m_state.isRunning() && !m_problem.isEmpty()) return m_problem;
  const auto steps = m_state.settings() ? commonOf(*m_state.settings()).steps : 0;
  const QString at = tr("Step %1 of %2").arg(text::count(m_state.stepsDone()), text::count(steps));
  switch (m_state.phase()) {
    case TrainPhase::None:
      return estimateText();
    case TrainPhase::Running:
      return progressText();
    case TrainPhase::Pausing:
      return tr("%1; pausing after the step under way.").arg(at);
    case TrainPhase::Stopping:
      return tr("%1; what was reached is being kept.").arg(at);
    case TrainPhase::Paused:
      return m_isOther
                 ? tr("%1, paused; resuming keeps its own settings. What is set above: %2").arg(at, estimateText())
                 : tr("%1, paused. What was reached can be used as it is.").arg(at);
    case TrainPhase::Finished:
      return m_isOther ? tr("What is shown was trained with other settings.") + u' ' + estimateText()
                       : tr("Finished: %1 in all, evaluations included.").arg(roughly(m_state.secondsTaken()));
  }
  return {};
}

}  // namespace app
