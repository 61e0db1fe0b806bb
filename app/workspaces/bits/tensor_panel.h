#pragma once
#include <QWidget>
#include <optional>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/selection/bits_setup.h"
#include "app/selection/selection.h"
#include "core/metrics/format_census.h"
#include "core/metrics/tensor_stats.h"

class QPushButton;

namespace app {

class BitsState;
class Label;
class StopNotice;
class TextTable;
class WeightHistogram;

/// What the formats would make of the selected tensor: its histogram over the values of the selected format, and for
/// every format how many weights it keeps, rounds, makes subnormal, turns into zero or clips.
class TensorPanel : public QWidget {
  Q_OBJECT
 public:
  TensorPanel(Selection& selection, JobRunner& jobs, BitsState& state, QWidget* parent = nullptr);
  /// While inactive nothing is counted.
  void setActive(bool active);

 private:
  /// Computed for one tensor and these formats.
  struct Result {
    core::metrics::TensorSummary summary;
    std::vector<core::metrics::CensusFormat> formats;
    std::vector<core::metrics::FormatCensus> census;
  };
  void request();
  void show(const Result& result);
  void showLevels();
  void showTable();
  void clear(const QString& message);

  Selection& m_selection;
  JobRunner& m_jobs;
  BitsState& m_state;
  WeightHistogram* m_histogram;
  TextTable* m_table;
  Label* m_words;
  QPushButton* m_again;  ///< after somebody stopped it
  StopNotice* m_stop;
  std::optional<Result> m_result;
  bool m_active = false, m_isStale = true;
  bool m_zeroPoint = false;  ///< of signed integers, as last asked for
  QMap<QString, TypedScale> m_scales;
};

}  // namespace app
