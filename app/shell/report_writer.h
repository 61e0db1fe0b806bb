#pragma once
#include <QObject>
#include <QTimer>
#include <memory>

#include "app/jobs/job_runner.h"
#include "app/report/report.h"

namespace app {

/// Writes the report of a model without stopping the window: measures on the inference lane (it makes sessions), draws
/// one chart between two turns of the event loop, writes on the pool. Deletes itself when it is done.
class ReportWriter : public QObject {
  Q_OBJECT
 public:
  ReportWriter(JobRunner& jobs, QObject* parent);
  /// @param model the one that is open: it is not opened a second time  @param request of it; no recipes: what is usual
  void write(const std::shared_ptr<OpenModel>& model, report::Request request);

 Q_SIGNALS:
  void written(const QString& sentence);
  void failed(const QString& sentence);

 private:
  void draw();
  void save();
  void fail(const QString& sentence);

  JobRunner& m_jobs;
  std::shared_ptr<const report::ReportData> m_data;
  std::unique_ptr<report::PictureDrawer> m_drawer;
  QTimer m_turn;
};

}  // namespace app
