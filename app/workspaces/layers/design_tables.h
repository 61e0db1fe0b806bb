#pragma once
#include <string>

#include "app/selection/selection.h"
#include "app/widgets/card.h"
#include "app/workspaces/layers/design_run.h"

class QSortFilterProxyModel;
class QStackedWidget;
class QTableView;
class QTabWidget;

namespace app {

class DesignItemsModel;
class TextTable;

/// What a design is: what every tensor became, how it does beside others, and which candidates were out.
class DesignTables : public Card {
  Q_OBJECT
 public:
  explicit DesignTables(QWidget* parent = nullptr);

  /// @param outcome null: nothing is known
  void show(const DesignOutcome* outcome, const Selection& selection, bool isOld);

 Q_SIGNALS:
  /// A row was opened.
  void tensorActivated(const std::string& name);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QTableView* buildItems();
  void showCheck(const DesignOutcome& outcome, const Selection& selection);
  void copyItems();

  DesignItemsModel* m_items;
  QSortFilterProxyModel* m_sorted;
  QTableView* m_view;
  TextTable *m_check, *m_excluded;
  QStackedWidget *m_itemsPage, *m_checkPage;  ///< each behind a sentence while it is empty
  QTabWidget* m_tabs;
  QString m_shown;  ///< which outcome, so that a table keeps its place while nothing changes
};

}  // namespace app
