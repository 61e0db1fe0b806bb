#pragma once
#include <QObject>
#include <QTimer>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/workspaces/train/train_run.h"

namespace app {

enum class TrainLab : std::uint8_t { Qat, Qlora };

/// What becomes of a run.
enum class TrainPhase : std::uint8_t {
  None,     ///< there is none for the open model
  Running,  ///< or waits for its turn
  Pausing,  ///< after the step under way
  Paused,   ///< by a person, by an error, or by the end of the program: it can go on
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
  TrainPhase phase() const;
  bool isRunning() const { return phase() == TrainPhase::Running || phase() == TrainPhase::Pausing; }
  /// Of the run; nothing without one.
  const std::optional<LabSettings>& settings() const { return m_settings; }
  const TrainHistory& history() const { return m_history; }
  /// Another one for every run: what a chart has drawn of one is not of the next.
  std::uint64_t runId() const { return m_runId; }
  /// The sentence of what ended it early; empty: nothing did.
  const QString& failure() const { return m_failure; }
  const std::filesystem::path& folder() const { return m_folder; }
  std::uint64_t stepsDone() const { return m_history.steps.empty() ? 0 : m_history.steps.back().step; }
  /// Of training that are left at the pace so far; nothing before the first step.
  std::optional<double> secondsLeft() const;
  /// Seconds of training per token, measured on the open model here; nothing before a first step.
  std::optional<double> pace() const;

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
  /// There is a run of an earlier program, with its settings.
  void recalled();

 private:
  void start(RunStart how);
  void takeNews();
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
  std::optional<double> m_lastPace;  ///< of the run before
  QString m_failure;
  std::shared_ptr<TrainFeed> m_feed;           ///< of the running job
  std::shared_ptr<std::atomic<bool>> m_pause;  ///< of the running job
  QTimer m_poll;
};

/// Where the runs of a model are kept, a folder per lab: the same place with other contents is another model.
std::filesystem::path trainFolder(const OpenModel& model, TrainLab lab);

}  // namespace app
