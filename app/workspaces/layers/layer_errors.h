#pragma once
#include <QHash>
#include <QObject>
#include <QString>
#include <memory>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/session/scheme_error.h"
#include "app/session/scheme_size.h"

namespace app {

/// What one scheme or recipe does to a model.
struct ModelErrors {
  std::vector<SchemeError> matrices;  ///< empty figures where a matrix is kept
  std::vector<std::string> kept;      ///< one a matrix: empty, or why it stays as stored
  std::size_t keptTensors = 0;        ///< of the whole model, norms and biases included
  SchemeSize size;                    ///< of the whole model, as the schemes panel says it
};

/// Errors of every matrix of the open model that a scheme or recipe may change, embedding and output included, under
/// every scheme and recipe asked for so far. One job each; what was measured before, by whatever scheme or recipe, is
/// taken from the model's error store.
class LayerErrors : public QObject {
  Q_OBJECT
 public:
  LayerErrors(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);

  /// Starts what is missing for these schemes and recipes and stops what is no longer wanted.
  void request(const std::vector<core::model::Recipe>& recipes);
  /// One matrix a tensor of tensors(), or null while it is not computed.
  const ModelErrors* find(const core::model::Recipe& recipe) const;
  /// Why a scheme could not be computed; empty when it could or is under way.
  QString problem(const core::model::Recipe& recipe) const;
  bool isComputing() const;
  /// Indices in the checkpoint: the rows of every table here.
  const std::vector<std::size_t>& tensors() const { return m_tensors; }

 Q_SIGNALS:
  void changed();

 private:
  void reset();
  void start(const core::model::Recipe& recipe);
  void noticeStopped();
  static QString tag(const QString& scheme) { return QStringLiteral("layers.") + scheme; }

  Selection& m_selection;
  JobRunner& m_jobs;
  std::vector<std::size_t> m_tensors;
  QHash<QString, ModelErrors> m_errors;
  QHash<QString, QString> m_problems;
  QStringList m_running;
};

}  // namespace app
