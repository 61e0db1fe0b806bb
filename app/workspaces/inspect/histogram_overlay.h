#pragma once
#include <QColor>
#include <QObject>
#include <memory>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/workspaces/inspect/overlaid_weights.h"
#include "app/workspaces/inspect/subject.h"

class QComboBox;

namespace app {

class StopNotice;

/// The histogram that is laid over the selected tensor's: of the weights that the current recipe puts in its place,
/// quantized, another model's or changed by hand. Which of them, a person chooses; the result is shown only for what it
/// was computed from.
class HistogramOverlay : public QObject {
  Q_OBJECT
 public:
  /// What is laid over: weights, or the reason why there are none.
  struct Shown {
    QString title;
    QColor color;
    Qt::PenStyle line = Qt::SolidLine;
    const OverlaidWeights* weights = nullptr;
    QString note;  ///< a clause in their place: "computing…", "keeps this tensor as stored"
  };

  HistogramOverlay(Selection& selection, JobRunner& jobs, QObject* parent);

  /// Where one chooses; for a layout to take.
  QComboBox* choice() const { return m_choice; }
  /// Lists what can be chosen now.
  void refill();
  /// Computes what is chosen, unless it is there already.
  /// @param bins the selected tensor's own histogram
  void request(const Subject& subject, const core::metrics::Histogram& bins);
  /// Lets go of what was computed and stops what is under way: another tensor is shown.
  void reset();
  /// Nothing where nothing is to be laid over.
  std::optional<Shown> shown(const Subject& subject) const;

 Q_SIGNALS:
  void computed();
  /// Another one was chosen: it is to be requested.
  void chosen();

 private:
  enum class Kind { Nothing, Recipe };
  struct Result {
    Subject subject;
    core::model::TensorDecision decision;
    OverlaidWeights weights = OverlaidWeights();
    QString failure = {};  ///< empty, or why there are none
  };
  void add(const QString& text, Kind kind, bool chosen);
  void take(int item);
  std::optional<core::model::TensorDecision> wanted(QString& why) const;
  void receive(Result result);
  void stop();
  void setCancelled(bool cancelled);

  Selection& m_selection;
  JobRunner& m_jobs;
  QComboBox* m_choice;
  std::vector<core::model::Recipe> m_listed;  ///< what the items of Kind::Recipe mean
  Kind m_wanted = Kind::Recipe;
  std::optional<Result> m_result;
  StopNotice* m_stop;
  bool m_cancelled = false;  ///< somebody stopped what was wanted; the choice says so
};

}  // namespace app
