#pragma once
#include <QObject>
#include <QTimer>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/session/memory_plan.h"
#include "app/session/recipe_size.h"
#include "app/workspaces/compare/compare_measurement.h"

namespace app {

/// When a file was last changed, milliseconds; 0 for what is no file.
qint64 changedAt(const QString& file);

/// What the pages of Compare share: the question, what was measured, and plans of memory. Everything long is a job.
class CompareState : public QObject {
  Q_OBJECT
 public:
  CompareState(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);
  ~CompareState() override;

  Selection& selection() const { return m_selection; }
  JobRunner& jobs() const { return m_jobs; }
  const std::shared_ptr<Engine>& engine() const { return m_engine; }

  const CompareQuestion& question() const { return m_question; }
  /// Whose weights they are, and how old a file is, is filled in here: asking the same again notices what changed.
  void setQuestion(CompareQuestion question);
  /// What schemes that look at data are made with now: equal for the same calibration. Not for people.
  std::string calibration() const;
  /// The schemes that are measured, and what they are measured against where it is another model.
  std::vector<core::model::Recipe> comparedRecipes() const;
  std::optional<core::model::Recipe> referenceRecipe() const;

  /// Of the open model; null where nothing was measured.
  const CompareMeasurement* measurement() const;
  /// Why figures of these recipes, under that calibration, are no longer what would be measured now; empty: they are.
  QString whyOtherWeights(const std::vector<core::model::Recipe>& recipes, const std::string& calibration) const;
  /// Why the measurement answers another question than is asked now; empty: it does not.
  QString whyOld() const;
  bool isOld() const { return !whyOld().isEmpty(); }
  bool isMeasuring() const;
  /// Whether somebody ended it before it was complete, here or in the status line.
  bool wasStopped() const { return m_wasStopped; }
  /// Why it ended early; empty: it did not.
  const QString& failure() const { return m_failure; }
  /// Measures every checked scheme. Blocks that are known are not read again.
  void measure();
  void stop();

  /// The size of the open model under a recipe; nothing until it is known.
  std::optional<RecipeSize> size(const core::model::Recipe& recipe) const;
  /// The plan of the open model under a recipe; null until it is known.
  const PlannedModel* plan(const core::model::Recipe& recipe) const;
  /// Why a recipe has no plan; empty where it has, or will have one.
  QString whyNoPlan(const core::model::Recipe& recipe) const;
  /// Asks for sizes and plans of the recipes that have none.
  void request(const std::vector<core::model::Recipe>& recipes);

  /// The devices of this computer, as far as the drivers have been asked.
  const std::vector<PlannedDevice>& devicesHere() const { return m_devicesHere; }

 Q_SIGNALS:
  void questionChanged();
  void measured();      ///< news of the measurement, its end included
  void plansChanged();  ///< sizes, plans, devices

 private:
  struct Plans {
    std::map<std::string, PlannedModel> plans;
    std::map<std::string, RecipeSize> sizes;
    std::map<std::string, QString> failures;
    std::vector<PlannedDevice> devices;
  };
  void takeNews();
  void followModel();
  void followComparedModel();

  Selection& m_selection;
  JobRunner& m_jobs;
  std::shared_ptr<Engine> m_engine;
  CompareQuestion m_question;
  std::shared_ptr<MeasurementFeed> m_feed;  ///< of the running measurement
  std::optional<CompareMeasurement> m_measurement;
  QString m_failure;
  bool m_wasStopped = false, m_isRunning = false;  ///< the latter: no end of it was seen yet
  QTimer m_poll;
  std::shared_ptr<OpenModel> m_model;  ///< that plans are of
  Plans m_plans;
  std::vector<core::model::Recipe> m_asked;  ///< what the running job plans
  std::vector<PlannedDevice> m_devicesHere;
};

}  // namespace app
