#pragma once
#include <QWidget>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"

class QPushButton;
class QSettings;

namespace app {

class CalibrationNotice;
class Calibrator;
class DesignChart;
class DesignForm;
class DesignResult;
class DesignState;
class DesignTables;
class Label;

/// The recipe designer: a question, the search for its answer while it runs, what every tensor became, and how the
/// whole does beside other recipes of its size on a text that took no part.
class DesignPage : public QWidget {
  Q_OBJECT
 public:
  DesignPage(Selection& selection, JobRunner& jobs, Calibrator& calibrator, QWidget* parent = nullptr);
  ~DesignPage() override;

  QString helpText() const;
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 Q_SIGNALS:
  void backWanted();

 protected:
  void showEvent(QShowEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QWidget* buildHead();
  QWidget* buildActions();
  QWidget* buildPicture();
  void connectAll();
  void ask();
  void refresh();
  void refreshButtons();
  void refreshChart();

  Selection& m_selection;
  DesignState* m_state;
  DesignForm* m_form;
  CalibrationNotice* m_calibration;
  QPushButton *m_back, *m_start;
  Label *m_offer, *m_status;
  DesignChart* m_chart;
  DesignTables* m_tables;
  DesignResult* m_result;
  std::size_t m_askers = 0;  ///< of the notice
};

}  // namespace app
