#include "app/shell/model_export.h"

#include <QFileInfo>
#include <algorithm>

#include "app/session/cache_folder.h"
#include "app/session/quantize_model.h"
#include "app/text/numbers.h"

namespace app {

namespace {

using Outcome = ModelExport::Outcome;

Outcome writeModel(const ExportOrder& order, const core::JobContext& job) {
  const auto rows =
      quantizeModel(*order.source, order.recipe, order.target, job, {order.calibration.get(), userCacheFolder()});
  const auto files = targetFiles(order.target, planParts(rows, order.target.split));
  Outcome outcome;
  outcome.firstFile = QString::fromStdString(files.front().string());
  outcome.files = files.size();
  outcome.tensors = rows.size();
  outcome.kept = static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [](const QuantizedFileRow& row) { return row.isKept(); }));
  for (const auto& file : files)
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
  const QString what = outcome.files == 1 ? outcome.firstFile
                                          : tr("%1 and %2 more").arg(outcome.firstFile, text::count(outcome.files - 1));
  Q_EMIT written(outcome.firstFile, tr("%1 was written as %2: %3, %4 of %5 tensors stay as stored.")
                                        .arg(what, m_name, text::bytes(outcome.bytes), text::count(outcome.kept),
                                             text::count(outcome.tensors)));
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
      [order, running, outcome = m_outcome](const core::JobContext& job) { *outcome = writeModel(order, job); },
      [this] {
        if (m_outcome != nullptr) end(*std::shared_ptr(m_outcome));
      },
      [this](const QString& sentence) { end(sentence); });
}

}  // namespace app
