#pragma once
#include <QWidget>

class QComboBox;
class QLineEdit;
class QSettings;
class QSortFilterProxyModel;
class QSplitter;
class QTableView;

namespace app {

class CompareState;
class Label;
class MethodTableModel;
class TradeoffChart;

/// Size, quality and speed of the checked schemes: a picture and a table, measured here.
class TradeoffPage : public QWidget {
  Q_OBJECT
 public:
  explicit TradeoffPage(CompareState& state, QWidget* parent = nullptr);

  /// Catches up with what changed while it was hidden.
  void refresh();
  QString shownQuality() const;  ///< "kl" or "perplexity"
  bool showQuality(const QString& quality);
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 Q_SIGNALS:
  /// The words at which the selected scheme is far from the reference are to be seen.
  void partingsWanted();

 private:
  QWidget* buildPicture();
  QWidget* buildTable();
  void say();
  void select(int row);
  void copyTable();
  void refreshSelected();

  CompareState& m_state;
  TradeoffChart* m_chart;
  QComboBox* m_quality;
  MethodTableModel* m_model;
  QSortFilterProxyModel* m_proxy;
  QTableView* m_table;
  QLineEdit* m_filter;
  Label *m_status, *m_hint;
  QSplitter* m_splitter;
};

}  // namespace app
