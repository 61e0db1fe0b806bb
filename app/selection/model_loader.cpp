#include "app/selection/model_loader.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <algorithm>
#include <filesystem>
#include <utility>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/session/demo_model.h"
#include "app/session/hugging_face_store.h"
#include "app/session/model_location.h"
#include "app/session/other_models.h"
#include "app/text/numbers.h"

namespace app {
namespace {
constexpr qsizetype kRecentLimit = 8;

bool isBuiltIn(const QString& source) {
  return source == QLatin1String(kDemoName.data()) || source == QLatin1String(kSmoothDemoName.data());
}

/// Where measured errors outlive the program.
std::filesystem::path cacheFolder() {
  return std::filesystem::path(QStandardPaths::writableLocation(QStandardPaths::CacheLocation).toStdString()) /
         "errors";
}

/// What tells one build of the program from another: an encoder may have changed.
std::string buildOfProgram() {
  const QFileInfo program(QCoreApplication::applicationFilePath());
  return QStringLiteral("%1 %2 %3")
      .arg(QLatin1String(QS_VERSION))
      .arg(program.size())
      .arg(program.lastModified().toMSecsSinceEpoch())
      .toStdString();
}

/// In a store, not by a path.
bool isStoredName(const QString& source) {
  return source.startsWith(QLatin1String(kOllamaPrefix)) || source.startsWith(QLatin1String(kHubPrefix));
}
}  // namespace

ModelLoader::ModelLoader(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs) {}

void ModelLoader::open(const QString& source, As as) {
  const bool isName = isBuiltIn(source) || isStoredName(source);
  const QString absolute = isName ? source : QFileInfo(source).absoluteFilePath();
  m_opening = absolute;
  m_waiting.reset();
  m_jobs.run(
      this, {QStringLiteral("open"), tr("Opening %1").arg(displayName(absolute)), Lane::Pool},
      [path = absolute.toStdString(), folder = cacheFolder(), build = buildOfProgram(),
       beside = m_selection.model()](const core::JobContext& job) {
        const auto openedAt = std::filesystem::file_time_type::clock::now();
        auto model = OpenModel::open(path, job);
        model->errors().keepIn(folder, model->checkpoint(), build, openedAt);
        // Vocabularies are compared token by token: not for the thread that draws.
        return Opened{model, beside, beside ? whyNotComparable(*beside, model->checkpoint()) : std::string()};
      },
      [this, absolute, as](Opened opened) { arrived(std::move(opened), absolute, as); },
      [this](const QString& sentence) {
        m_opening.clear();
        Q_EMIT openingChanged();
        Q_EMIT failed(sentence);
      });
  Q_EMIT openingChanged();
}

void ModelLoader::arrived(Opened opened, const QString& source, As as) {
  m_opening.clear();
  m_waiting = std::move(opened.model);
  m_waitingBeside = opened.beside;
  m_whyNotBeside = std::move(opened.whyNot);
  m_waitingSource = source;
  const auto& present = m_selection.model();
  if (!present || present->source() == m_waiting->source())
    replaceByWaiting();
  else if (as == As::Compared)
    compareWithWaiting();
  else
    Q_EMIT secondArrived();
  Q_EMIT openingChanged();
}

void ModelLoader::remember(const QString& source) {
  if (isBuiltIn(source)) return;
  QStringList recent = m_recent;
  recent.removeAll(source);
  recent.prepend(source);
  setRecent(recent);
}

void ModelLoader::replaceByWaiting() {
  if (!m_waiting) return;
  remember(m_waitingSource);
  m_selection.setModel(std::exchange(m_waiting, nullptr));
  Q_EMIT opened();
}

void ModelLoader::compareWithWaiting() {
  if (!m_waiting) return;
  const auto model = std::exchange(m_waiting, nullptr);
  const bool isAnswered = m_waitingBeside.lock() == m_selection.model();
  const std::string why = isAnswered ? m_whyNotBeside : whyNotComparable(*m_selection.model(), model->checkpoint());
  if (!why.empty()) {
    Q_EMIT failed(QString::fromStdString(why));
    return;
  }
  remember(m_waitingSource);
  m_selection.setComparedModel(model);
  Q_EMIT opened();
}

void ModelLoader::dropWaiting() { m_waiting.reset(); }

double ModelLoader::sharedTensors(const OpenModel& other) const {
  return m_selection.model() ? sharedWeights(m_selection.model()->checkpoint(), other.checkpoint()) : 0;
}

void ModelLoader::close() {
  m_jobs.cancelTag(QStringLiteral("open"));
  m_opening.clear();
  m_waiting.reset();
  m_selection.setModel(nullptr);
  Q_EMIT openingChanged();
}

void ModelLoader::setRecent(const QStringList& sources) {
  m_recent = sources.mid(0, kRecentLimit);
  Q_EMIT recentChanged();
}

void ModelLoader::forgetRecent() { setRecent({}); }

QString ModelLoader::displayName(const QString& source) {
  if (isBuiltIn(source)) return source == QLatin1String("demo") ? tr("the demo model") : tr("the smooth demo model");
  if (isStoredName(source)) return text::shortened(source);
  const QFileInfo info(source);
  return text::shortened(info.fileName().isEmpty() ? QDir(source).dirName() : info.fileName());
}

}  // namespace app
