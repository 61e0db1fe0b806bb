#pragma once
#include <QObject>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/pictures/scheme_levels.h"
#include "app/pictures/weight_histogram.h"
#include "app/workspaces/inspect/subject.h"

namespace app {

class StopNotice;

/// What the checked schemes and the current one make of the selected weight and its block, and the levels that it has
/// as it is packed, here and in the compared model; computed in the background for one subject at a time.
class BlockLevels : public QObject {
  Q_OBJECT
 public:
  BlockLevels(Selection& selection, JobRunner& jobs, QObject* parent);

  /// Computes what is missing around a weight. @param around flat index
  /// @pre the subject is the selected tensor and its weights can be read
  void request(const Subject& subject, std::uint64_t around);
  /// Lets go of everything and stops what is under way: another tensor is shown.
  void reset();
  /// Of what looks at data: it was made with another calibration.
  void forgetCalibrated();
  /// The newest view of a scheme, perhaps around another weight; null while there is none.
  const SchemeView* find(const core::quant::Scheme& scheme) const;
  /// A row for every checked scheme whose levels can be told apart.
  std::vector<WeightHistogram::Levels> rows() const;

 Q_SIGNALS:
  void computed();

 private:
  /// The levels of a weight's block as somebody stored it: in the compared model, changed by hand; else in the open
  /// file.
  struct StoredLevels {
    std::shared_ptr<const core::model::OtherTensor> other;
    core::quant::QuantizedTensorPtr changed;
    std::uint64_t around = 0;
    core::quant::Grid grid;
    bool isOf(const StoredLevels& same) const;  ///< stored there, too
  };
  struct Views {
    std::vector<SchemeView> schemes;
    std::vector<StoredLevels> stored;
  };
  std::vector<StoredLevels> missingStored(std::uint64_t around) const;
  StoredLevels storedOf(const core::model::Recipe& recipe, std::uint64_t around) const;
  const StoredLevels* findStored(const StoredLevels& wanted) const;
  void receive(Views views);
  void addStored(std::vector<WeightHistogram::Levels>& rows, const StoredLevels& wanted, QString title,
                 const QColor& color) const;
  static Views compute(const OpenModel& model, std::size_t index, const std::vector<core::quant::Scheme>& schemes,
                       std::vector<StoredLevels> stored, std::uint64_t around, const core::JobContext& job);

  Selection& m_selection;
  JobRunner& m_jobs;
  Subject m_subject;
  StopNotice* m_stop;
  std::vector<SchemeView> m_views;  ///< of m_subject
  std::vector<StoredLevels> m_stored;
  bool m_cancelled = false;  ///< what is missing is not under way
};

}  // namespace app
