#include "app/shell/report_writer.h"

#include <QDir>
#include <utility>

namespace app {

namespace {
const QString kTag = QStringLiteral("report");
}

ReportWriter::ReportWriter(JobRunner& jobs, QObject* parent) : QObject(parent), m_jobs(jobs) {
  m_turn.setInterval(0);
  connect(&m_turn, &QTimer::timeout, this, &ReportWriter::draw);
  // A cancelled job delivers nothing.
  connect(&jobs, &JobRunner::changed, this, [this] {
    if (!m_jobs.isActive(kTag) && !m_turn.isActive()) deleteLater();
  });
}

void ReportWriter::write(const std::shared_ptr<OpenModel>& model, report::Request request) {
  request.model = QString::fromStdString(model->source());
  request.open = model;
  m_jobs.run(
      this, {kTag, tr("Measuring for the report"), Lane::Inference},
      [request = std::move(request)](const core::JobContext& job) { return report::measure(request, job); },
      [this](report::ReportData data) {
        m_data = std::make_shared<const report::ReportData>(std::move(data));
        m_drawer = std::make_unique<report::PictureDrawer>(*m_data);
        m_turn.start();
      },
      [this](const QString& sentence) { fail(sentence); });
}

void ReportWriter::draw() {
  if (!m_drawer->isDone()) return m_drawer->drawNext();
  save();
  m_turn.stop();
}

void ReportWriter::save() {
  m_jobs.run(
      this, {kTag, tr("Writing the report")},
      [data = m_data, pictures = m_drawer->pictures()](const core::JobContext&) {
        return report::writePage(*data, pictures);
      },
      [this](const QString& path) {
        Q_EMIT written(tr("The report was written: %1").arg(QDir::toNativeSeparators(path)));
        deleteLater();
      },
      [this](const QString& sentence) { fail(sentence); });
}

void ReportWriter::fail(const QString& sentence) {
  Q_EMIT failed(sentence);
  deleteLater();
}

}  // namespace app
