#pragma once
#include <QObject>
#include <memory>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/pictures/weight_histogram.h"
#include "app/workspaces/inspect/subject.h"

class QComboBox;

namespace app {

class StopNotice;

/// The histogram that is laid over the selected tensor's: of its weights dequantized under the current scheme, or as
/// the compared model has them. Which of them, a person chooses; the result is shown only for what it was computed
/// from.
class HistogramOverlay : public QObject {
  Q_OBJECT
 public:
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
  /// What is laid over the subject now; nothing while it is computed or when nothing is to be.
  std::optional<WeightHistogram::Overlay> shown(const Subject& subject) const;

 Q_SIGNALS:
  void computed();
  /// Another one was chosen: it is to be requested.
  void chosen();

 private:
  enum class Kind { Nothing, Scheme };
  struct Result {
    Subject subject;
    Kind kind = Kind::Nothing;
    std::optional<core::quant::Scheme> scheme;
    std::shared_ptr<const core::model::OtherTensor> other;  ///< in place of a scheme
    core::metrics::Histogram histogram;
  };
  void add(const QString& text, Kind kind, bool chosen);
  void take(int item);
  bool fits(const Result& result, const Subject& subject) const;
  void computeScheme(Result wanted);
  void computeOther(Result wanted);
  void receive(Result result);
  void stop();
  void setCancelled(bool cancelled);

  Selection& m_selection;
  JobRunner& m_jobs;
  QComboBox* m_choice;
  std::vector<core::model::Recipe> m_listed;  ///< what the items of Kind::Scheme mean
  Kind m_wanted = Kind::Scheme;
  std::optional<Result> m_result;
  StopNotice* m_stop;
  bool m_cancelled = false;  ///< somebody stopped what was wanted; the choice says so
};

}  // namespace app
