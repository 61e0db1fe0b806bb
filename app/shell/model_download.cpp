#include "app/shell/model_download.h"

#include "app/jobs/job_runner.h"
#include "app/jobs/stop_notice.h"
#include "app/remote/get_model.h"
#include "app/remote/hub_variants.h"
#include "app/text/numbers.h"

namespace app {

ModelDownload::ModelDownload(JobRunner& jobs, QObject* parent) : QObject(parent), m_jobs(jobs) {}

void ModelDownload::get(const std::shared_ptr<const remote::RemoteModel>& model, const QString& variant) {
  const std::string wanted = variant.toStdString();
  const QString source = QString::fromStdString(remote::chosenVariant(*model, wanted).source);
  const QString tag = QStringLiteral("get/") + source, name = text::shortened(source);
  auto* notice = new StopNotice(m_jobs, tag, this);
  connect(notice, &StopNotice::stopped, this, [this, name] {
    Q_EMIT stopped(tr("Stopped getting %1. What arrived is kept: getting it again goes on from there.").arg(name));
    deleteLater();
  });
  notice->begin();
  m_jobs.run(
      this, {tag, tr("Getting %1").arg(name)},
      [model, wanted](const core::JobContext& job) { return remote::getModel(*model, wanted, job); },
      [this, notice](const remote::GotModel& result) {
        notice->end();
        Q_EMIT got(QString::fromStdString(result.source));
        deleteLater();
      },
      [this, notice](const QString& sentence) {
        notice->end();
        Q_EMIT failed(sentence);
        deleteLater();
      });
}

}  // namespace app
