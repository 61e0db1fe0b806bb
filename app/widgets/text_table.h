#pragma once
#include <QStringList>
#include <QTableWidget>
#include <vector>

namespace app {

/// A read-only table of a few lines of text: rows are selected, Ctrl+C or the context menu copies what is selected (or
/// everything), tab-separated under the column names.
class TextTable : public QTableWidget {
  Q_OBJECT
 public:
  /// @param name for assistive programs  @param firstNumber column from which on texts are numbers: set in figures of
  /// one width, at the right
  TextTable(const QStringList& columns, const QString& name, int firstNumber, QWidget* parent = nullptr);

  /// Columns as wide as their texts, the last one takes what is left; a narrow table scrolls. Without: all share alike.
  void fitColumns();
  void setLines(const std::vector<QStringList>& lines);
  /// Shown under the pointer over a column's name.
  void setColumnToolTip(int column, const QString& toolTip);
  QString selectedText() const;

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  void applyTheme();
  void copy() const;

  int m_firstNumber;
};

}  // namespace app
