#include "app/workspaces/train/run_bar.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/session/open_model.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

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
  connect(m_second, &QPushButton::clicked, this,
          [this] { m_state.isRunning() ? m_state.stop() : Q_EMIT trainWanted(); });
  refresh();
}

void RunBar::setQuestion(const QString& problem, bool isOther, double tokens) {
  m_problem = problem;
  m_isOther = isOther;
  m_tokens = tokens;
  refresh();
}

void RunBar::press() {
  switch (m_state.phase()) {
    case TrainPhase::Running:
      return m_state.pause();
    case TrainPhase::Paused:
      return m_state.resume();
    case TrainPhase::Pausing:
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
    case TrainPhase::Paused:
      m_primary->setText(tr("Resume"));
      break;
    case TrainPhase::Finished:
      m_primary->setText(tr("Train again"));
      break;
  }
  m_primary->setEnabled(phase == TrainPhase::Running || phase == TrainPhase::Paused ||
                        (phase != TrainPhase::Pausing && canTrain));
  m_primary->setToolTip(phase == TrainPhase::Running  ? tr("After the step under way; it can be resumed, also later")
                        : phase == TrainPhase::Paused ? tr("Goes on where the run was, with its own settings")
                                                      : tr("Begins with what is set above"));
  m_second->setVisible(isRunning || phase == TrainPhase::Paused);
  m_second->setText(isRunning ? tr("Stop") : tr("Start over"));
  m_second->setEnabled(isRunning || canTrain);
  m_second->setToolTip(isRunning ? tr("At once; what was kept last can be resumed")
                                 : tr("A new run with what is set above; the one that is shown is given up"));
  const auto steps = m_state.settings() ? commonOf(*m_state.settings()).steps : 0;
  m_progress->setMaximum(static_cast<int>(std::max<std::uint64_t>(steps, 1)));
  m_progress->setValue(static_cast<int>(m_state.stepsDone()));
  const bool hasFailed = !isRunning && (!m_problem.isEmpty() || (!m_state.failure().isEmpty() && !m_isOther));
  m_status->setRole(hasFailed ? Label::Style::Error : Label::Style::Muted);
  m_status->setText(statusText());
}

QString RunBar::estimateText() const {
  const auto pace = m_state.pace();
  return pace ? tr("About %1 of training, at the pace measured here.").arg(text::duration(*pace * m_tokens))
              : tr("How long it takes is known after the first steps.");
}

QString RunBar::statusText() const {
  const auto& model = m_state.selection().model();
  if (!model) return tr("No model is open.");
  if (model->whyCannotComplete()) return QString::fromStdString(*model->whyCannotComplete());
  if (!m_state.isRunning() && !m_state.failure().isEmpty() && !m_isOther) return m_state.failure();
  if (!m_state.isRunning() && !m_problem.isEmpty()) return m_problem;
  const auto steps = m_state.settings() ? commonOf(*m_state.settings()).steps : 0;
  const QString at = tr("Step %1 of %2").arg(text::count(m_state.stepsDone()), text::count(steps));
  const auto left = m_state.secondsLeft();
  switch (m_state.phase()) {
    case TrainPhase::None:
      return estimateText();
    case TrainPhase::Running:
      if (!m_state.history().start) return tr("Measuring what training starts from…");
      return left ? tr("%1, about %2 left.").arg(at, text::duration(*left)) : tr("The first step is under way…");
    case TrainPhase::Pausing:
      return tr("%1; pausing after the step under way.").arg(at);
    case TrainPhase::Paused:
      return m_isOther ? tr("%1, paused. Resuming keeps the run's own settings.").arg(at) : tr("%1, paused.").arg(at);
    case TrainPhase::Finished:
      return m_isOther ? tr("What is shown was trained with other settings.") + u' ' + estimateText() : tr("Finished.");
  }
  return {};
}

}  // namespace app
