#include "app/shell/model_export.h"

#include <QFileInfo>
#include <algorithm>

#include "app/session/cache_folder.h"
#include "app/session/quantize_model.h"
#include "app/text/numbers.h"

namespace app {

namespace {

using Outcome = ModelExport::Outcome;

Outcome write(const ExportOrder& order, const core::JobContext& job) {
  const WrittenModel made =
      writeModel(*order.source, order.recipe, order.target, job, {order.calibration.get(), userCacheFolder()});
  Outcome outcome;
  outcome.isFolder = order.target.layout.has_value();
  outcome.firstFile = QString::fromStdString((outcome.isFolder ? order.target.file : made.files.front()).string());
  outcome.files = made.files.size();
  outcome.tensors = made.rows.size();
  outcome.kept = static_cast<std::size_t>(
      std::count_if(made.rows.begin(), made.rows.end(), [](const QuantizedFileRow& row) { return row.isKept(); }));
  for (const std::string& note : made.notes) outcome.notes += u' ' + QString::fromStdString(note);
  for (const auto& file : made.files)
    outcome.bytes += static_cast<std::uint64_t>(QFileInfo(QString::fromStdString(file.string())).size());
  return outcome;
}

}  // namespace

ModelExport::ModelExport(JobRunner& jobs, QObject* parent) : QObject(parent), m_jobs(jobs) {
  connect(&jobs, &JobRunner::changed, this, &ModelExport::noticeStopped);
}

// A cancelled job delivers nothing, ends a little later, and may have been complete before it heard of it.
void ModelExport::noticeStopped() {
  if (m_outcome == nullptr || m_jobs.isActive(m_tag) || !m_running.expired()) return;
  if (m_outcome->files > 0)
    end(*m_outcome);
  else
    end(tr("Writing %1 was stopped; nothing of it is left.").arg(m_file));
}

void ModelExport::end(const Outcome& outcome) {
  m_outcome.reset();
  const QString what = outcome.files == 1 || outcome.isFolder
                           ? outcome.firstFile
                           : tr("%1 and %2 more").arg(outcome.firstFile, text::count(outcome.files - 1));
  Q_EMIT written(outcome.firstFile, tr("%1 was written as %2: %3, %4 of %5 tensors stay as stored.")
                                            .arg(what, m_name, text::bytes(outcome.bytes), text::count(outcome.kept),
                                                 text::count(outcome.tensors)) +
                                        outcome.notes);
  deleteLater();
}

void ModelExport::end(const QString& sentence) {
  m_outcome.reset();
  Q_EMIT failed(sentence);
  deleteLater();
}

void ModelExport::write(const ExportOrder& order) {
  m_name = order.name;
  m_file = QString::fromStdString(order.target.file.string());
  m_tag = QStringLiteral("export ") + m_file;
  m_outcome = std::make_shared<Outcome>();
  const auto running = std::make_shared<bool>(true);
  m_running = running;
  m_jobs.run(
      this, {m_tag, tr("Writing %1").arg(text::shortened(m_file))},
      [order, running, outcome = m_outcome](const core::JobContext& job) { *outcome = app::write(order, job); },
      [this] {
        if (m_outcome != nullptr) end(*std::shared_ptr(m_outcome));
      },
      [this](const QString& sentence) { end(sentence); });
}

}  // namespace app
