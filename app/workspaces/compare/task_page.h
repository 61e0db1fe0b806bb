#pragma once
#include <QWidget>

#include "app/selection/link.h"

class QPushButton;
class QSettings;
class QSplitter;
class QTableView;

namespace app {

class FileChoice;

class AnswerList;
class Label;
class TaskState;
class TaskTableModel;

/// Whether tasks survive: questions with expected answers put to the reference and every checked scheme; below, the
/// questions themselves, those that turned first. Any of them is the question of a trace.
class TaskPage : public QWidget {
  Q_OBJECT
 public:
  explicit TaskPage(TaskState& state, QWidget* parent = nullptr);
  ~TaskPage() override;

  /// Catches up with what changed while it was hidden.
  void refresh();
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 Q_SIGNALS:
  void linkFollowed(const app::Link& link);

 private:
  QWidget* buildBar();
  QWidget* buildSchemes();
  void say();
  void showAnswers();
  void select(int row);

  TaskState& m_state;
  FileChoice* m_tasks;
  QPushButton* m_ask;
  Label* m_status;
  TaskTableModel* m_model;
  QTableView* m_table;
  AnswerList* m_answers;
  QSplitter* m_splitter;
};

}  // namespace app
