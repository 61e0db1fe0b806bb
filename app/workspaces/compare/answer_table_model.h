#pragma once
#include <QAbstractTableModel>
#include <vector>

#include "app/workspaces/compare/task_rows.h"

namespace app {

/// The questions with what the reference and one scheme answered: those that turned first.
class AnswerTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Outcome, Question, Expected, Reference, Compared, Columns };

  explicit AnswerTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// @param row of the evaluation; null: the reference's own answers alone
  void setAnswers(const TaskEvaluation& evaluation, const TaskRow* row, const QString& title, bool isOld);
  void clear();
  /// Index of the question in its list.
  std::size_t task(int row) const { return m_lines[static_cast<std::size_t>(row)].task; }
  TaskOutcome outcome(int row) const { return m_lines[static_cast<std::size_t>(row)].outcome; }
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Line {
    std::size_t task;
    TaskOutcome outcome;
    QStringList texts;  ///< [column]
    bool operator==(const Line&) const = default;
  };
  std::vector<Line> m_lines;
  QString m_title;
  bool m_isOld = false;
};

}  // namespace app
