#include "app/selection/model_loader.h"

#include <QDir>
#include <QFileInfo>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/session/demo_model.h"

namespace app {
namespace {
constexpr qsizetype kRecentLimit = 8;

bool isBuiltIn(const QString& source) {
  return source == QLatin1String(kDemoName.data()) || source == QLatin1String(kSmoothDemoName.data());
}
}  // namespace

ModelLoader::ModelLoader(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs) {}

void ModelLoader::open(const QString& source) {
  const bool isDemo = isBuiltIn(source);
  const QString absolute = isDemo ? source : QFileInfo(source).absoluteFilePath();
  m_opening = absolute;
  m_jobs.run(
      this, {QStringLiteral("open"), tr("Opening %1").arg(displayName(absolute)), Lane::Pool},
      [path = absolute.toStdString()](const core::JobContext& job) { return OpenModel::open(path, job); },
      [this, absolute, isDemo](std::shared_ptr<OpenModel> model) {
        m_opening.clear();
        if (!isDemo) {
          QStringList recent = m_recent;
          recent.removeAll(absolute);
          recent.prepend(absolute);
          setRecent(recent);
        }
        m_selection.setModel(std::move(model));
        Q_EMIT openingChanged();
        Q_EMIT opened();
      },
      [this](const QString& sentence) {
        m_opening.clear();
        Q_EMIT openingChanged();
        Q_EMIT failed(sentence);
      });
  Q_EMIT openingChanged();
}

void ModelLoader::close() {
  m_jobs.cancelTag(QStringLiteral("open"));
  m_opening.clear();
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
  const QFileInfo info(source);
  return info.fileName().isEmpty() ? QDir(source).dirName() : info.fileName();
}

}  // namespace app
