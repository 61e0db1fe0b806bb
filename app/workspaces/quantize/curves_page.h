#pragma once
#include "app/workspaces/quantize/lab_page.h"

namespace app {

class Label;
class StepErrorChart;
class TransferChart;

/// What the quantizer does to every number: staircase, error, and how the errors spread within a step.
class CurvesPage : public LabPage {
  Q_OBJECT
 public:
  explicit CurvesPage(LabState& state, QWidget* parent = nullptr);

 protected:
  void refresh() override;

 private:
  void takeDot(int index);
  void showStepErrors();

  TransferChart *m_staircase, *m_error;
  StepErrorChart* m_steps;
  Label* m_verdict;
  QString m_none;  ///< why there is no curve
};

}  // namespace app
