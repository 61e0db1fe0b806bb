#pragma once
#include <QWidget>

#include "app/workspaces/quantize/method_charts.h"

class QTableView;
class QToolButton;

namespace app {

class ColumnTableModel;
class Label;
class Sentence;

/// One row under a method, column after column: what happened to the one in front in words, all of them as a table, and
/// the method's pictures. Left and right go through the columns.
class ColumnStory : public QWidget {
  Q_OBJECT
 public:
  explicit ColumnStory(QWidget* parent = nullptr);

  /// @param column of the weights that comes to the front  @param note said after what was found for the row
  void setExplanation(const MethodCharts::Explanation& explanation, const QString& provenance, std::uint32_t column,
                      const QString& note);
  void clear();
  /// The line in front; −1 for none.
  int line() const;
  /// Brings a column of the weights to the front.
  void setColumn(std::uint32_t column);

 Q_SIGNALS:
  /// A person went to a column of the weights.
  void columnChosen(std::uint32_t column);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QWidget* buildWay();
  QWidget* buildTable();
  void fitColumns();
  void setLine(int line);
  void showLine();

  MethodCharts::Explanation m_explanation;  ///< null: none yet
  bool m_following = false;                 ///< the line follows the weight, not a person
  QToolButton *m_back, *m_forward;
  Label *m_place, *m_found;
  Sentence* m_sentence;
  QTableView* m_table;
  ColumnTableModel* m_model;
  MethodCharts* m_charts;
};

}  // namespace app
