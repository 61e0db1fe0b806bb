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
  void setQuestion(const CompareQuestion& question);

  /// Of the open model; null where nothing was measured.
  const CompareMeasurement* measurement() const;
  /// Whether it answers another question than the bar asks now.
  bool isOld() const { return measurement() != nullptr && !(measurement()->question == m_question); }
  bool isMeasuring() const;
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

  Selection& m_selection;
  JobRunner& m_jobs;
  std::shared_ptr<Engine> m_engine;
  CompareQuestion m_question;
  std::shared_ptr<MeasurementFeed> m_feed;  ///< of the running measurement
  std::optional<CompareMeasurement> m_measurement;
  QString m_failure;
  QTimer m_poll;
  std::shared_ptr<OpenModel> m_model;  ///< that plans are of
  Plans m_plans;
  std::vector<core::model::Recipe> m_asked;  ///< what the running job plans
  std::vector<PlannedDevice> m_devicesHere;
};

}  // namespace app
