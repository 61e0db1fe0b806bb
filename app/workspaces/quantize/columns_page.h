#pragma once
#include <memory>

#include "app/workspaces/quantize/lab_page.h"
#include "core/quant/explain/method_explanation.h"

class QStackedLayout;
class QTableView;
class QToolButton;

namespace app {

class ColumnTableModel;
class FactorsChart;
class Label;
class PushChart;
class SearchChart;
class Sentence;
class StopNotice;

/// The row of the block under a method that looks at columns, one column after the other: what GPTQ pushes from each
/// into the next ones, what protects a channel under AWQ and SmoothQuant, where HQQ moved the zero-points.
class ColumnsPage : public LabPage {
  Q_OBJECT
 public:
  explicit ColumnsPage(LabState& state, QWidget* parent = nullptr);

  /// The line in front; −1 for none.
  int line() const;
  void setLine(int line);

 protected:
  void refresh() override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QWidget* buildStory();
  QWidget* buildWay();
  QWidget* buildTable();
  QWidget* buildCharts();
  QWidget* buildChoice();
  void offerMethods();
  void compute();
  void take(core::quant::MethodExplanation explanation);
  void showMessage(const QString& message);
  void showCharts();
  void showLine();
  void showZero();

  std::shared_ptr<const core::quant::MethodExplanation> m_explanation;  ///< null: none yet
  QString m_computed;                                                   ///< what it was, or is being, made for
  double m_largest = 0;  ///< |amount| that GPTQ pushes anywhere in the row
  QStackedLayout* m_stack;
  QWidget *m_story, *m_choice;
  QToolButton *m_back, *m_forward;
  Label *m_place, *m_found, *m_message;
  Sentence* m_sentence;
  QTableView* m_table;
  ColumnTableModel* m_model;
  PushChart* m_push;
  FactorsChart* m_factors;
  SearchChart *m_search, *m_zeros;
  QWidget *m_pushFrame, *m_factorsFrame, *m_searchFrame, *m_zerosFrame, *m_methods;
  StopNotice* m_stop;
};

}  // namespace app
