#include "app/workspaces/train/train_state.h"

#include <QCryptographicHash>
#include <QStandardPaths>

#include "app/jobs/stop_notice.h"
#include "app/session/open_model.h"
#include "app/session/train_conclude.h"
#include "app/session/train_guess.h"

namespace app {

namespace {

constexpr int kPollMilliseconds = 120;
const QString kSettle = QStringLiteral(".settle");

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

std::filesystem::path trainFolder(const OpenModel& model, TrainLab lab) {
  std::uint64_t bytes = 0;
  for (const auto& tensor : model.checkpoint().tensors()) bytes += tensor.bytes;
  const QString key =
      QStringLiteral("%1\n%2\n%3\n%4")
          .arg(QString::fromStdString(model.source()), QString::fromStdString(model.checkpoint().name()))
          .arg(model.checkpoint().tensors().size())
          .arg(bytes);
  const QByteArray hash = QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha256).toHex().left(24);
  const QString folder = QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) +
                         QStringLiteral("/training/") + QString::fromLatin1(hash) +
                         (lab == TrainLab::Qat ? QStringLiteral("-qat") : QStringLiteral("-qlora"));
  return folder.toStdString();
}

TrainState::TrainState(Selection& selection, JobRunner& jobs, TrainLab lab, QObject* parent)
    : QObject(parent),
      m_selection(selection),
      m_jobs(jobs),
      m_lab(lab),
      m_engine(std::make_shared<Engine>()),
      m_settling(new StopNotice(jobs, tag() + kSettle, this)) {
  m_poll.setInterval(kPollMilliseconds);
  connect(&m_poll, &QTimer::timeout, this, [this] {
    takeNews();
    if (!m_jobs.isActive(tag())) settle();  // somebody stopped it, in the status line
  });
  connect(m_settling, &StopNotice::stopped, this, &TrainState::changed);
  connect(&selection, &Selection::modelChanged, this, &TrainState::followModel);
  followModel();
}

TrainState::~TrainState() = default;

QString TrainState::tag() const {
  return m_lab == TrainLab::Qat ? QStringLiteral("train.qat") : QStringLiteral("train.qlora");
}

TrainPhase TrainState::phase() const {
  if (m_jobs.isActive(tag())) return m_pause && *m_pause ? TrainPhase::Pausing : TrainPhase::Running;
  if (m_poll.isActive() || m_jobs.isActive(tag() + kSettle)) return TrainPhase::Stopping;
  if (!m_settings || m_history.steps.empty()) return TrainPhase::None;
  return m_history.summary && m_history.summary->isFinished ? TrainPhase::Finished : TrainPhase::Paused;
}

double TrainState::secondsTaken() const {
  const bool isAtIt = phase() == TrainPhase::Running || phase() == TrainPhase::Pausing;
  return app::secondsTaken(m_history) + (isAtIt ? secondsSince(m_since) : 0.0);
}

std::optional<double> TrainState::secondsLeft() const {
  if (!m_settings) return std::nullopt;
  const TrainSettings& settings = commonOf(*m_settings);
  const TrainPace pace = paceOf(settings, m_history, m_expected).value_or(m_expected);
  if (!(pace.tokensPerStep > 0)) return std::nullopt;
  return app::secondsLeft(settings, m_history, pace, m_activity, secondsSince(m_since));
}

void TrainState::estimate(const LabSettings& settings) {
  if (!m_model || m_model->whyCannotComplete()) {
    m_estimate.reset();
    return;
  }
  const auto work = [model = m_model, settings, folder = m_folder](const core::JobContext& job) {
    return expectedPace(*model, settings, folder, job);
  };
  const auto done = [this, model = m_model, settings](const TrainPace& pace) {
    if (model != m_model) return;
    m_pace = pace;
    m_estimate = timeOf(commonOf(settings), pace);
    Q_EMIT changed();
  };
  // What is wrong with the settings is said where a run is begun.
  const auto failed = [this](const QString&) {
    m_pace.reset();
    m_estimate.reset();
    Q_EMIT changed();
  };
  m_jobs.run(this, {tag() + QStringLiteral(".time"), {}, Lane::Pool}, work, done, failed);
}

void TrainState::followModel() {
  if (m_model == m_selection.model()) return;
  for (const QString& job : {QString(), kSettle, QStringLiteral(".time")}) m_jobs.cancelTag(tag() + job);
  m_poll.stop();
  m_pause.reset();
  m_model = m_selection.model();
  m_folder = m_model ? trainFolder(*m_model, m_lab) : std::filesystem::path();
  m_isRecalled = false;
  m_feed.reset();
  m_settings.reset();
  m_history = {};
  m_pace.reset();
  m_estimate.reset();
  m_failure.clear();
  ++m_runId;
  Q_EMIT changed();
}

void TrainState::train(const LabSettings& settings) {
  if (!m_model || isRunning()) return;
  m_isRecalled = true;
  m_settings = settings;
  m_history = {};
  ++m_runId;
  start(RunStart::Anew);
}

// Where nothing was kept yet (the data could not be read), it begins once more.
void TrainState::resume() {
  if (!m_model || phase() != TrainPhase::Paused) return;
  start(isRun(m_folder) ? RunStart::GoOn : RunStart::Anew);
}

void TrainState::start(RunStart how) {
  m_failure.clear();
  m_history.summary.reset();
  m_expected = m_pace.value_or(TrainPace());
  m_activity = TrainActivity::Preparing;
  m_since = std::chrono::steady_clock::now();
  m_feed = std::make_shared<TrainFeed>();
  m_pause = std::make_shared<std::atomic<bool>>(false);
  const auto work = [model = m_model, engine = m_engine, settings = *m_settings, folder = m_folder, how,
                     expected = m_expected, feed = m_feed, pause = m_pause](const core::JobContext& job) {
    return runLab(*model, *engine, settings, folder, how, expected, *feed, *pause, job);
  };
  const auto done = [this, run = m_runId](TrainHistory history) {
    if (run != m_runId) return;
    m_poll.stop();
    m_feed.reset();
    m_pause.reset();
    m_history = std::move(history);
    Q_EMIT changed();
    if (m_history.summary && m_history.summary->isFinished) Q_EMIT finished();
    Q_EMIT settled();
  };
  const auto failed = [this, run = m_runId](const QString& sentence) {
    if (run != m_runId) return;
    m_failure = sentence;
    settle();
  };
  const QString title = m_lab == TrainLab::Qat ? tr("Training through the quantization") : tr("Training an adapter");
  m_jobs.run(this, {tag(), title, Lane::Inference, Priority::Sweep}, work, done, failed);
  m_poll.start();
  Q_EMIT changed();
}

void TrainState::recall() {
  if (!m_model || m_isRecalled) return;
  m_isRecalled = true;
  const auto work = [folder = m_folder](const core::JobContext&) {
    return isRun(folder) ? std::optional(readRun(folder)) : std::nullopt;
  };
  const auto done = [this, model = m_model](std::optional<KeptRun> kept) {
    if (!kept || model != m_model || m_settings) return;
    m_settings = std::move(kept->settings);
    m_history = std::move(kept->history);
    ++m_runId;
    const auto& summary = m_history.summary;
    const bool isConcluded = summary && summary->steps == stepsDone();
    Q_EMIT changed();
    Q_EMIT recalled();
    if (stepsDone() > 0 && !isConcluded) settle();  // the program ended in the middle of it
  };
  // What cannot be read is nobody's run any more; the next one takes its place.
  m_jobs.run(this, {tag() + QStringLiteral(".recall"), {}, Lane::Pool}, work, done, [](const QString&) {});
}

void TrainState::pause() {
  if (!m_pause) return;
  *m_pause = true;
  Q_EMIT changed();
}

void TrainState::stop() {
  if (!isRunning() || phase() == TrainPhase::Stopping) return;
  m_jobs.cancelTag(tag());
  settle();
}

// What was told and what was kept may be some steps apart, and there is no result yet. The lane of the run has ended it
// when it reads the folder.
void TrainState::settle() {
  takeNews();
  m_poll.stop();
  m_feed.reset();
  m_pause.reset();
  const auto work = [model = m_model, folder = m_folder](const core::JobContext& job) {
    return isRun(folder) ? std::optional(concludeRun(*model, folder, job)) : std::nullopt;
  };
  const auto done = [this, run = m_runId](std::optional<KeptRun> kept) {
    m_settling->end();
    if (run != m_runId || m_jobs.isActive(tag())) return;
    ++m_runId;
    m_history = kept ? std::move(kept->history) : TrainHistory();
    if (kept) m_settings = std::move(kept->settings);  // of the run before where the new one had not begun
    Q_EMIT changed();
    Q_EMIT settled();
  };
  const auto failed = [this](const QString& sentence) {
    m_settling->end();
    if (m_failure.isEmpty()) m_failure = sentence;
    Q_EMIT changed();
  };
  m_settling->begin();
  m_jobs.run(this, {tag() + kSettle, tr("Keeping what was reached"), Lane::Inference}, work, done, failed);
  Q_EMIT changed();
}

void TrainState::takeNews() {
  if (!m_feed) return;
  auto news = m_feed->take();
  if (!news) return;
  m_history = std::move(news->history);
  m_activity = news->activity;
  m_since = news->since;
  Q_EMIT changed();
}

}  // namespace app
