#pragma once
#include <QObject>
#include <QString>
#include <QTimer>
#include <deque>
#include <memory>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/workspaces/trace/trace_run.h"

namespace app {

/// What the steps of Trace share: the question that was asked, what is known of its answer, and where in it the one
/// selection stands. Everything long is a job.
class TraceState : public QObject {
  Q_OBJECT
 public:
  /// Weights that lie side by side in a row of a traced tensor.
  struct Block {
    std::uint64_t row = 0, block = 0, first = 0;  ///< flat index of its first weight
    std::uint32_t count = 0;
    bool operator==(const Block&) const = default;
  };

  TraceState(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);
  ~TraceState() override;

  Selection& selection() const { return m_selection; }
  JobRunner& jobs() const { return m_jobs; }
  const std::shared_ptr<Engine>& engine() const { return m_engine; }
  /// A hidden page computes nothing; it catches up.
  void setActive(bool active);

  /// What is known, of question(); null while nothing is.
  const Trace* trace() const { return m_result.trace.get(); }
  const TraceResult& result() const { return m_result; }
  /// What was asked; null for nothing.
  const std::shared_ptr<const TraceQuestion>& question() const { return m_selection.traceQuestion(); }
  bool isRunning() const;
  /// Whether the trace is all there is to know.
  bool isComplete() const { return m_isComplete; }
  /// Why it ended early; empty: it did not.
  const QString& failure() const { return m_failure; }
  bool wasStopped() const { return m_wasStopped; }
  /// Whether schemes are made with another calibration since.
  bool isOld() const { return m_isOld; }
  void run();
  void stop();
  /// What is selected stays selected when the next answer arrives: whoever asked named a place, too.
  void keepPlace() { m_keepsPlace = true; }

  /// The selected tensor among those that differ; nothing where it does not.
  std::optional<std::size_t> tensor() const;
  /// The selected weight in it, row-major.
  std::optional<std::uint64_t> weight() const;
  /// The block of the selected weight, or the one of the selected tensor that contributes most.
  std::optional<Block> block() const;
  Block blockOf(std::size_t tensor, std::uint64_t element) const;
  /// Null while contributions are not known.
  const core::trace::TensorContribution* contribution(std::size_t tensor) const;
  /// What restoring it alone does; null where that was not tried.
  const core::trace::TensorEffect* effect(std::size_t tensor) const;
  /// Whether a run brings back the word that the compared model lost; never where both say the same.
  bool restores(const core::trace::Effect& effect) const;
  /// Index in the open model of what has this weight; nothing where it has no such tensor.
  std::optional<std::size_t> indexInModel(std::size_t tensor, std::uint64_t element) const;
  void selectTensor(std::size_t tensor);
  void selectWeight(std::size_t tensor, std::uint64_t element);
  const core::text::Tokenizer* tokenizer() const;

 Q_SIGNALS:
  void changed();       ///< the question, or news of its answer
  void placeChanged();  ///< another tensor or weight is selected
  void completed();     ///< an answer that was just computed is complete

 private:
  void follow();
  void forget();
  void followCalibration();
  void takeNews();
  void take(TraceResult result);
  void showFirstPlace();
  /// The one that contributes most; nothing while contributions are not known.
  std::optional<Block> bestBlock(std::size_t tensor, std::uint64_t firstRow, std::uint64_t rows) const;

  Selection& m_selection;
  JobRunner& m_jobs;
  std::shared_ptr<Engine> m_engine;
  std::shared_ptr<OpenModel> m_model;
  std::shared_ptr<TraceFeed> m_feed;
  std::shared_ptr<const TraceQuestion> m_running;
  TraceResult m_result;
  std::deque<TraceResult> m_earlier;  ///< complete ones, for the way back
  QString m_failure;
  QTimer m_poll;
  bool m_isComplete = false, m_wasStopped = false, m_isActive = false, m_isOld = false, m_keepsPlace = false;
};

}  // namespace app
