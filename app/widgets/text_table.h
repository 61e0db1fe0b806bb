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

  /// Columns as wide as their texts, with an equal share of what is left; a narrow table scrolls. Without: all columns
  /// are alike.
  void fitColumns();
  /// The last of the columns takes what the others leave and its texts break into lines, before anything scrolls.
  /// @pre fitColumns()
  void wrapLastColumn();
  void setLines(const std::vector<QStringList>& lines);
  /// Shown under the pointer over a column's name.
  void setColumnToolTip(int column, const QString& toolTip);
  QString selectedText() const;

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void applyTheme();
  void copy() const;
  void shareWidth();

  int m_firstNumber;
  bool m_fits = false, m_wraps = false;
};

}  // namespace app
