#pragma once
#include <QWidget>
#include <optional>
#include <string>

#include "app/session/evaluation.h"

class QComboBox;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace app {

class CompareState;
class Label;
class WorstModel;

/// Where a scheme parts most from the reference: the words of the measured text with the largest KL, each with what was
/// read before it. Any of them is the question of a trace.
class PartingPage : public QWidget {
  Q_OBJECT
 public:
  explicit PartingPage(CompareState& state, QWidget* parent = nullptr);
  ~PartingPage() override;

  /// Catches up with what changed while it was hidden.
  void refresh();

 private:
  QWidget* buildMessage();
  QWidget* buildList();
  const EvaluationRow* row() const;
  void fillSchemes();
  void choose();
  void say();
  void showPosition();
  void trace();
  void copyTable() const;

  CompareState& m_state;
  QComboBox* m_schemes;
  Label *m_status, *m_heading, *m_context, *m_said, *m_message;
  QPushButton *m_trace, *m_measure;
  WorstModel* m_model;
  QTableView* m_table;
  QStackedWidget* m_pages;
  std::string m_variant;  ///< text of the one that is shown
};

}  // namespace app
