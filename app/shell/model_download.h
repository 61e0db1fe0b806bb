#pragma once
#include <QObject>
#include <memory>

#include "app/remote/remote_model.h"

namespace app {

class JobRunner;
class StopNotice;

/// Downloads a model as a job that the status line shows and stops. Says how it ended, whichever way, and deletes
/// itself.
class ModelDownload : public QObject {
  Q_OBJECT
 public:
  ModelDownload(JobRunner& jobs, QObject* parent);
  void get(const std::shared_ptr<const remote::RemoteModel>& model, const QString& variant);

 Q_SIGNALS:
  /// @param source what opens it
  void got(const QString& source);
  /// Why not.
  void failed(const QString& sentence);
  /// A person stopped it: what arrived is kept.
  void stopped(const QString& sentence);

 private:
  JobRunner& m_jobs;
};

}  // namespace app
