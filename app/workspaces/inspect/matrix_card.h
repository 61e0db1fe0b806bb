#pragma once
#include "app/jobs/job_runner.h"
#include "app/widgets/card.h"
#include "app/workspaces/inspect/subject.h"

class QMenu;
class QTabWidget;
class QTableView;

namespace app {

class ChannelChart;
class Label;
class MatrixView;
class OutlierColumns;
class TensorFacts;
class ValueTableModel;

/// The selected tensor as matrix map, as ranges of its channels and as values, and the model card: one tab each.
class MatrixCard : public Card {
  Q_OBJECT
 public:
  MatrixCard(Selection& selection, JobRunner& jobs, TensorFacts& facts, QWidget* parent = nullptr);

  /// A hidden card computes nothing.
  void setActive(bool active);
  int tab() const;
  void setTab(int index);

 Q_SIGNALS:
  /// LLM.int8() is shown, whose outlier columns a calibration marks.
  void calibrationNeeded(core::quant::CalibrationNeed need);
  /// A weight should be shown bit by bit.
  void weightActivated(quint64 flatIndex);

 private:
  QWidget* buildChannels();
  QWidget* buildValues();
  void connectPictures();
  void fillMenu(QMenu* menu);
  void showTensor();
  void fill();
  void showNonFinite();
  void followOutliers();
  void showOutliers();
  void showWeight();
  void showMessage(const QString& message);
  void requestMatrix();
  void copyValues() const;
  std::optional<quint64> weightAt(quint64 row, quint64 column) const;

  Selection& m_selection;
  JobRunner& m_jobs;
  TensorFacts& m_facts;
  QTabWidget* m_tabs;
  Label* m_outlierText;
  OutlierColumns* m_outliers;
  MatrixView* m_matrix;
  ChannelChart *m_rows, *m_columns;
  ValueTableModel* m_values;
  QTableView* m_valueTable;
  Subject m_subject;      ///< what is shown
  bool m_filled = false;  ///< what is shown was asked for
  bool m_computing = false;
  bool m_active = false;
};

}  // namespace app
