#include "app/workspaces/train/train_state.h"

#include <QCryptographicHash>
#include <QStandardPaths>

#include "app/session/open_model.h"

namespace app {

namespace {

constexpr int kPollMilliseconds = 120;

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
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_lab(lab), m_engine(std::make_shared<Engine>()) {
  m_poll.setInterval(kPollMilliseconds);
  connect(&m_poll, &QTimer::timeout, this, [this] {
    takeNews();
    if (m_jobs.isActive(tag())) return;
    m_feed.reset();
    m_pause.reset();
    m_poll.stop();
    Q_EMIT changed();
  });
  connect(&selection, &Selection::modelChanged, this, &TrainState::followModel);
  followModel();
}

TrainState::~TrainState() = default;

QString TrainState::tag() const {
  return m_lab == TrainLab::Qat ? QStringLiteral("train.qat") : QStringLiteral("train.qlora");
}

TrainPhase TrainState::phase() const {
  if (m_jobs.isActive(tag())) return m_pause && *m_pause ? TrainPhase::Pausing : TrainPhase::Running;
  if (!m_settings || m_history.steps.empty()) return TrainPhase::None;
  return m_history.summary && m_history.summary->isFinished ? TrainPhase::Finished : TrainPhase::Paused;
}

std::optional<double> TrainState::secondsLeft() const {
  if (!m_settings || m_history.steps.empty()) return std::nullopt;
  double seconds = 0;
  for (const auto& step : m_history.steps) seconds += step.seconds;
  const std::uint64_t steps = commonOf(*m_settings).steps, done = stepsDone();
  return done >= steps ? 0.0
                       : seconds / static_cast<double>(m_history.steps.size()) * static_cast<double>(steps - done);
}

std::optional<double> TrainState::pace() const {
  double seconds = 0, tokens = 0;
  for (const auto& step : m_history.steps) seconds += step.seconds, tokens += static_cast<double>(step.tokens);
  return tokens > 0 ? std::optional(seconds / tokens) : m_lastPace;
}

void TrainState::followModel() {
  if (m_model == m_selection.model()) return;
  m_jobs.cancelTag(tag());
  m_model = m_selection.model();
  m_folder = m_model ? trainFolder(*m_model, m_lab) : std::filesystem::path();
  m_isRecalled = false;
  m_feed.reset();
  m_settings.reset();
  m_history = {};
  m_lastPace.reset();
  m_failure.clear();
  ++m_runId;
  Q_EMIT changed();
}

void TrainState::train(const LabSettings& settings) {
  if (!m_model || isRunning()) return;
  m_isRecalled = true;
  m_lastPace = pace();
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
  m_feed = std::make_shared<TrainFeed>();
  m_pause = std::make_shared<std::atomic<bool>>(false);
  const auto work = [model = m_model, engine = m_engine, settings = *m_settings, folder = m_folder, how, feed = m_feed,
                     pause = m_pause](const core::JobContext& job) {
    return runLab(*model, *engine, settings, folder, how, *feed, *pause, job);
  };
  const auto done = [this, run = m_runId](TrainHistory history) {
    if (run != m_runId) return;
    m_feed.reset();
    m_history = std::move(history);
    Q_EMIT changed();
    if (m_history.summary && m_history.summary->isFinished) Q_EMIT finished();
  };
  const auto failed = [this, run = m_runId](const QString& sentence) {
    if (run != m_runId) return;
    takeNews();
    m_feed.reset();
    m_failure = sentence;
    Q_EMIT changed();
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
    Q_EMIT changed();
    Q_EMIT recalled();
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
  if (!isRunning()) return;
  m_jobs.cancelTag(tag());
  takeNews();
  m_feed.reset();
  m_pause.reset();
  Q_EMIT changed();
}

void TrainState::takeNews() {
  if (!m_feed) return;
  auto news = m_feed->take();
  if (!news) return;
  m_history = std::move(*news);
  Q_EMIT changed();
}

}  // namespace app
