#pragma once
#include <QObject>
#include <QTimer>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/workspaces/layers/measured_run.h"

namespace app {

/// What single tensors, layers and kinds of matrix of the open model add to its KL under recipes: the question that is
/// asked, and every answer so far. The measuring is a job on the inference lane whose figures come in one by one; what
/// is known when it is stopped stays.
class MeasuredLayers : public QObject {
  Q_OBJECT
 public:
  MeasuredLayers(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);
  ~MeasuredLayers() override;

  Selection& selection() const { return m_selection; }
  const MeasuredQuestion& question() const { return m_question; }
  void setQuestion(const MeasuredQuestion& question);
  /// How finely it is measured and shown.
  core::evaluate::Level level() const { return m_level; }
  void setLevel(core::evaluate::Level level);

  /// To the question that is asked, else the newest to another one; null where nothing is known.
  const MeasuredAnswer* find(const core::model::Recipe& recipe) const;
  /// Whether Measure would find out more at the level that is asked for.
  bool hasMore(const core::model::Recipe& recipe) const;
  /// Whether it answers another question than the one that is asked now, or was made with another calibration.
  bool isOld(const MeasuredAnswer& answer) const;

  bool isMeasuring() const;
  /// Whether figures of this recipe, of this answer are still to come.
  bool isMeasuring(const core::model::Recipe& recipe) const;
  bool isMeasuring(const MeasuredAnswer& answer) const;
  /// Why the last measurement could not begin; empty: it could.
  const QString& failure() const { return m_failure; }
  /// Measures all of these that can be made by now, the first one first.
  void measure(const std::vector<core::model::Recipe>& recipes);
  void stop();

 Q_SIGNALS:
  void questionChanged();  ///< the level included
  void changed();          ///< news of a measurement, its end included

 private:
  void takeNews();
  void followModel();
  void forgetOtherModels();
  std::string calibrationOf(const core::model::Recipe& recipe) const;
  MeasuredAnswer& answerTo(const core::model::Recipe& recipe);

  Selection& m_selection;
  JobRunner& m_jobs;
  std::shared_ptr<Engine> m_engine;
  std::shared_ptr<OpenModel> m_model;
  MeasuredQuestion m_question;
  bool m_isChosen = false;  ///< a person chose the text
  core::evaluate::Level m_level = core::evaluate::Level::Tensor;
  std::vector<MeasuredAnswer> m_answers;              ///< the newest last
  MeasuredOrder m_order;                              ///< of the running measurement
  std::map<std::string, std::string> m_calibrations;  ///< likewise: what its recipes are made with, by their texts
  std::shared_ptr<MeasuredFeed> m_feed;               ///< likewise; null for none
  QString m_failure;
  QTimer m_poll;
};

}  // namespace app
