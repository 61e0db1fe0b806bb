#pragma once
#include <QHash>
#include <QObject>
#include <QString>
#include <memory>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/workspaces/layers/layer_measuring.h"

namespace app {

/// Errors of every matrix of the open model that a scheme or recipe may change, embedding and output included, under
/// every scheme and recipe asked for so far. One job each; what was measured before, by whatever scheme or recipe, is
/// taken from the model's error store. What looks at the model's inputs waits for a calibration, and then one for the
/// other: each reads the text layer by layer, and two would drive each other back to the first layer.
class LayerErrors : public QObject {
  Q_OBJECT
 public:
  LayerErrors(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);

  /// Starts what is missing for these schemes and recipes and stops what is no longer wanted.
  /// @param what Outputs: the error of the products with the inputs of a calibration as well
  void request(const std::vector<core::model::Recipe>& recipes, Measure what = Measure::Weights);
  /// One matrix a tensor of tensors(), or null while it is not computed.
  const ModelErrors* find(const core::model::Recipe& recipe) const;
  /// Why a scheme could not be computed or what it waits for; empty when it could or is under way.
  QString problem(const core::model::Recipe& recipe) const;
  bool isComputing() const;
  /// Indices in the checkpoint: the rows of every table here.
  const std::vector<std::size_t>& tensors() const { return m_tensors; }

 Q_SIGNALS:
  void changed();

 private:
  struct Wanted {
    core::model::Recipe recipe;
    core::quant::CalibrationNeed need;
  };
  void reset();
  void calibrationChanged();
  void comparedChanged();
  void startNext();
  void start(const Wanted& wanted);
  void end(const QString& key);
  QString keyOf(const core::model::Recipe& recipe) const;
  void noticeStopped();
  static QString tag(const QString& scheme) { return QStringLiteral("layers.") + scheme; }

  Selection& m_selection;
  JobRunner& m_jobs;
  const OpenModel* m_model = nullptr;  ///< whose matrices these are, to be compared with only
  std::vector<std::size_t> m_tensors;
  QHash<QString, ModelErrors> m_errors;
  QHash<QString, QString> m_problems;
  QStringList m_running;
  std::vector<Wanted> m_wanted;
  Measure m_measure = Measure::Weights;
  QString m_readingText;  ///< of m_running, the one that has the text; empty for none
};

}  // namespace app
