#pragma once
#include <QObject>
#include <QTimer>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/workspaces/train/train_run.h"

namespace app {

class StopNotice;

enum class TrainLab : std::uint8_t { Qat, Qlora };

/// What becomes of a run.
enum class TrainPhase : std::uint8_t {
  None,      ///< there is none for the open model
  Running,   ///< or waits for its turn
  Pausing,   ///< after the step under way
  Stopping,  ///< at once: what was reached is kept
  Paused,    ///< by a person, by an error, or by the end of the program: it can go on
  Finished
};

/// One lab's run for the open model: begun, paused, resumed. The work is a job; what the next step needs is in a
/// folder, so that a run survives the program.
class TrainState : public QObject {
  Q_OBJECT
 public:
  TrainState(Selection& selection, JobRunner& jobs, TrainLab lab, QObject* parent = nullptr);
  ~TrainState() override;

  Selection& selection() const { return m_selection; }
  JobRunner& jobs() const { return m_jobs; }
  TrainLab lab() const { return m_lab; }
  const std::shared_ptr<Engine>& engine() const { return m_engine; }  ///< for the inference lane
  TrainPhase phase() const;
  bool isRunning() const { return phase() != TrainPhase::None && phase() < TrainPhase::Paused; }
  /// Of the run; nothing without one.
  const std::optional<LabSettings>& settings() const { return m_settings; }
  const TrainHistory& history() const { return m_history; }
  /// Another one for every run: what a chart has drawn of one is not of the next.
  std::uint64_t runId() const { return m_runId; }
  /// The sentence of what ended it early; empty: nothing did.
  const QString& failure() const { return m_failure; }
  const std::filesystem::path& folder() const { return m_folder; }
  std::uint64_t stepsDone() const { return m_history.steps.empty() ? 0 : m_history.steps.back().step; }
  /// What the run is at.
  TrainActivity activity() const { return m_activity; }
  /// Since the run was begun, evaluations included, but not the time it was paused.
  double secondsTaken() const;
  /// To the run's end, evaluations and what is asked at the end included; nothing while nobody knows.
  std::optional<double> secondsLeft() const;
  /// What a run of the settings that were estimated last would take; nothing while nobody knows.
  const std::optional<TrainTime>& estimate() const { return m_estimate; }
  /// Asks how long such a run would take.
  void estimate(const LabSettings& settings);

  /// Begins a new run in place of the one before.
  void train(const LabSettings& settings);
  void pause();
  /// @pre phase() is Paused
  void resume();
  /// At once: the step under way is lost.
  void stop();
  /// Looks whether an earlier program left a run of the open model, once per model.
  void recall();

 Q_SIGNALS:
  void changed();
  void finished();
  void settled();  ///< a run ended, in whatever way, and what is shown of it is what is kept
  /// There is a run of an earlier program, with its settings.
  void recalled();

 private:
  void start(RunStart how);
  void takeNews();
  void settle();
  void followModel();
  QString tag() const;

  Selection& m_selection;
  JobRunner& m_jobs;
  TrainLab m_lab;
  std::shared_ptr<Engine> m_engine;
  std::shared_ptr<OpenModel> m_model;
  std::filesystem::path m_folder;
  bool m_isRecalled = false;
  std::optional<LabSettings> m_settings;
  TrainHistory m_history;
  std::uint64_t m_runId = 0;
  TrainActivity m_activity = TrainActivity::Preparing;
  std::chrono::steady_clock::time_point m_since;  ///< it is at that
  TrainPace m_expected;                           ///< of the run, before it had told anything
  std::optional<TrainPace> m_pace;                ///< of the settings that were estimated last
  std::optional<TrainTime> m_estimate;
  QString m_failure;
  std::shared_ptr<TrainFeed> m_feed;           ///< of the running job
  std::shared_ptr<std::atomic<bool>> m_pause;  ///< of the running job
  StopNotice* m_settling;                      ///< what was reached is being kept
  QTimer m_poll;
};

/// Where the runs of a model are kept, a folder per lab: the same place with other contents is another model.
std::filesystem::path trainFolder(const OpenModel& model, TrainLab lab);

}  // namespace app
