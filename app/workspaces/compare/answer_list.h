#pragma once
#include <QWidget>
#include <string>
#include <vector>

#include "app/selection/link.h"

class QAction;
class QLineEdit;
class QSortFilterProxyModel;
class QTableView;

namespace app {

class AnswerTableModel;
class Card;
class Label;
class TaskState;
struct TaskRow;
struct TaskSchemeRow;

/// The questions with both answers under one scheme, those that turned first, filtered by text. One of them leads on to
/// a trace or to Chat.
class AnswerList : public QWidget {
  Q_OBJECT
 public:
  explicit AnswerList(TaskState& state, QWidget* parent = nullptr);
  ~AnswerList() override;

  /// @param row a scheme that was asked; null: none is chosen, or nothing was asked
  void showAnswers(const TaskSchemeRow* row);

 Q_SIGNALS:
  void linkFollowed(const app::Link& link);
  /// Why a question cannot be traced.
  void failed(const QString& sentence);

 private:
  std::vector<QWidget*> buildControls();
  QWidget* buildDetail();
  void buildTable();
  /// What the scheme answered; null where none is shown.
  const TaskRow* row() const;
  /// Index of the question in its list; −1 for none.
  int selectedTask() const;
  void selectTask(int task);
  void showSelected();
  void enableActions();
  void trace();
  void openChat();

  TaskState& m_state;
  AnswerTableModel* m_model;
  QSortFilterProxyModel* m_proxy;
  QTableView* m_table;
  Label *m_heading, *m_detail;
  Card* m_detailCard;
  QLineEdit* m_filter;
  QAction *m_trace, *m_chat;
  std::string m_scheme;  ///< text of the variant that is shown; empty: none
};

}  // namespace app
