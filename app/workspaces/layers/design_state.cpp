#include "app/workspaces/layers/design_state.h"

#include <algorithm>

#include "app/selection/calibration_text.h"
#include "app/session/engine.h"

namespace app {

namespace {

const QString kDesignTag = QStringLiteral("layers.design");
constexpr int kDesignPollMilliseconds = 120;

}  // namespace

DesignState::DesignState(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_engine(std::make_shared<Engine>()) {
  m_poll.setInterval(kDesignPollMilliseconds);
  connect(&m_poll, &QTimer::timeout, this, [this] {
    takeNews();
    if (isRunning()) return;
    if (m_feed) m_wasStopped = true;  // elsewhere: it delivered nothing
    m_feed.reset();
    m_poll.stop();
    Q_EMIT changed();
  });
  connect(&selection, &Selection::modelChanged, this, &DesignState::followModel);
  connect(&selection, &Selection::calibrationChanged, this, &DesignState::changed);
  m_model = selection.model();
}

DesignState::~DesignState() = default;

void DesignState::followModel() {
  if (m_model == m_selection.model()) return;
  m_jobs.cancelTag(kDesignTag);
  m_model = m_selection.model();
  m_feed.reset();
  m_outcome.reset();
  m_failure.clear();
  m_wasStopped = false;
  Q_EMIT changed();
}

void DesignState::setQuestion(std::optional<DesignQuestion> question, const QString& problem) {
  m_question = std::move(question);
  m_problem = problem;
  Q_EMIT changed();
}

core::quant::CalibrationNeed DesignState::need() const {
  auto most = core::quant::CalibrationNeed::None;
  if (!m_question) return most;
  for (const auto& candidate : m_question->request.candidates)
    most = std::max(most, core::quant::calibrationNeed(candidate));
  if (m_question->request.like) most = std::max(most, m_selection.needOf(*m_question->request.like));
  return most;
}

QString DesignState::calibrationFor(core::quant::CalibrationNeed need) const {
  if (need == core::quant::CalibrationNeed::None) return {};
  const auto state = m_selection.calibrationState();
  const auto made = state && state->made ? state->made->time_since_epoch().count() : 0;
  return QStringLiteral("%1 %2").arg(calibrationName(state)).arg(made);
}

bool DesignState::isOld() const {
  if (!m_outcome) return false;
  const bool isSame = m_question && m_question->key() == m_outcome->question.key();
  return !isSame || m_calibration != calibrationFor(m_need);
}

bool DesignState::isRunning() const { return m_jobs.isActive(kDesignTag); }

void DesignState::run() {
  if (!m_model || !m_question || isRunning()) return;
  m_failure.clear();
  m_wasStopped = false;
  m_outcome.reset();
  m_need = need();
  m_calibration = calibrationFor(m_need);
  m_feed = std::make_shared<DesignFeed>();
  const auto work = [model = m_model, engine = m_engine, question = *m_question, feed = m_feed](
                        const core::JobContext& job) { return runDesign(*model, *engine, question, *feed, job); };
  const auto done = [this, model = m_model](DesignOutcome outcome) {
    if (model != m_model) return;
    m_outcome = std::move(outcome);
    m_feed.reset();
    Q_EMIT changed();
  };
  const auto failed = [this](const QString& sentence) {
    takeNews();
    m_feed.reset();
    m_failure = sentence;
    Q_EMIT changed();
  };
  m_jobs.run(this, {kDesignTag, tr("Designing a recipe"), Lane::Inference, Priority::Sweep}, work, done, failed);
  m_poll.start();
  Q_EMIT changed();
}

void DesignState::stop() {
  m_jobs.cancelTag(kDesignTag);
  takeNews();
  m_feed.reset();
  m_wasStopped = true;
  Q_EMIT changed();
}

void DesignState::takeNews() {
  if (!m_feed) return;
  auto news = m_feed->take();
  if (!news) return;
  m_outcome = std::move(*news);
  Q_EMIT changed();
}

}  // namespace app
