#pragma once
#include "app/workspaces/quantize/lab_page.h"
#include "app/workspaces/quantize/lab_stage.h"

class QTableView;
class QToolButton;

namespace app {

class FlowLayout;
class Label;
class ParameterCards;
class StepTableModel;

/// The block step by step: every weight a row, every step a column, with the formula of the step and its numbers for
/// the weight under study, and what the weights have in common beside it. Left and right go back and forward.
class StepsPage : public LabPage {
  Q_OBJECT
 public:
  explicit StepsPage(LabState& state, QWidget* parent = nullptr);

  /// Id of the present stage: "round"; empty without a block.
  QString stage() const;
  /// @return false when the block has no such stage; then nothing changes
  bool setStage(const QString& id);
  void step(int direction);

 protected:
  void refresh() override;
  void keyPressEvent(QKeyEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QWidget* buildStrip();
  QWidget* buildTable();
  void fillStrip();
  void fitColumns();
  void showStage();
  int index() const;

  std::vector<LabStage> m_stages;
  QString m_stage = QStringLiteral("error");
  FlowLayout* m_strip;
  std::vector<QToolButton*> m_buttons;
  QToolButton *m_back, *m_forward;
  Label *m_meaning, *m_formula, *m_numbers;
  ParameterCards* m_cards;
  QTableView* m_table;
  StepTableModel* m_model;
};

}  // namespace app
