#pragma once
#include <QObject>
#include <QString>
#include <memory>

#include "app/jobs/job_runner.h"
#include "app/session/quantize_target.h"
#include "core/io/checkpoint.h"
#include "core/model/recipe/recipe.h"

namespace app {

/// What is to be written, and where.
struct ExportOrder {
  std::shared_ptr<const core::io::Checkpoint> source;
  core::model::Recipe recipe;
  QString name;  ///< of the recipe, for people
  QuantizeTarget target;
  core::quant::CalibrationPtr calibration;  ///< of the source; null: schemes that look at data refuse
  bool isToBeCompared = false;              ///< the result is opened beside the original
};

/// Writes a model under a scheme or recipe as a job. Says how it ended, whichever way, and deletes itself.
class ModelExport : public QObject {
  Q_OBJECT
 public:
  /// What was written.
  struct Outcome {
    QString firstFile;  ///< of a folder, the folder
    bool isFolder = false;
    QString notes;  ///< sentences about what was not carried over, each behind a space
    std::size_t files = 0, tensors = 0, kept = 0;
    std::uint64_t bytes = 0;
  };

  ModelExport(JobRunner& jobs, QObject* parent);
  void write(const ExportOrder& order);

 Q_SIGNALS:
  /// @param file the first one that was written @param sentence about all of it
  void written(const QString& file, const QString& sentence);
  /// Why not, or that it was stopped. Nothing is left behind.
  void failed(const QString& sentence);

 private:
  void noticeStopped();
  void end(const Outcome& outcome);
  void end(const QString& sentence);

  JobRunner& m_jobs;
  QString m_tag, m_name, m_file;
  std::shared_ptr<Outcome> m_outcome;  ///< of the job; null when it was said
  std::weak_ptr<bool> m_running;       ///< held by the job as long as it may write
};

}  // namespace app
