#pragma once
#include <QAbstractTableModel>
#include <vector>

#include "app/workspaces/compare/task_rows.h"

namespace app {

/// Accuracy of every scheme, and whether it differs from the reference's.
class TaskTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Method, Right, Accuracy, Difference, PValue, Turned, Verdict, Columns };

  explicit TaskTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// Texts are made at once: the answers may go.
  void setRows(const std::vector<TaskSchemeRow>& rows, std::size_t questions, bool isOld);
  /// −1 for none.
  int rowOf(const core::model::Recipe& recipe) const;
  const core::model::Recipe& recipe(int row) const { return m_lines[static_cast<std::size_t>(row)].recipe; }
  bool isReference(int row) const { return row == 0; }
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  /// Tab-separated, with a header line.
  QString text() const;

 private:
  struct Line {
    core::model::Recipe recipe;
    QStringList texts;
    QColor color;
    SeriesMark mark;
    bool isFailed;
  };
  std::vector<Line> m_lines;
  bool m_isOld = false;
};

}  // namespace app
