#pragma once
#include <QWidget>

#include "app/workspaces/inspect/tensor_facts.h"

class QLineEdit;
class QSortFilterProxyModel;
class QStandardItemModel;
class QTabWidget;
class QToolButton;
class QTreeView;

namespace app {

class FrozenTable;
class NameDelegate;
class TensorTableModel;

/// The model as a tree (block → tensor) and as a flat table that sorts and filters; both show and change the selection.
class TensorBrowser : public QWidget {
  Q_OBJECT
 public:
  TensorBrowser(Selection& selection, TensorFacts& facts, QWidget* parent = nullptr);
  /// The table over the whole width of the workspace, with room for every column.
  void setWide(bool wide);

 Q_SIGNALS:
  void wideToggled(bool wide);
  /// Enter or a double click on a tensor.
  void tensorActivated();

 private:
  QWidget* buildTree();
  QWidget* buildTable();
  void buildStored();
  void showStored(bool stored);
  void fillTree();
  void filter(const QString& text);
  void showSelection();
  void copyTable() const;
  void sizeColumns();

  Selection& m_selection;
  TensorTableModel* m_tableModel;
  QSortFilterProxyModel* m_tableProxy;
  QStandardItemModel* m_treeModel;
  QSortFilterProxyModel* m_treeProxy;
  QLineEdit* m_filter;
  QTabWidget* m_tabs;
  QTreeView* m_tree;
  FrozenTable* m_table;
  NameDelegate *m_treeNames, *m_tableNames;
  QToolButton *m_wide, *m_stored;
  bool m_following = false;  ///< the views are being set from the selection
};

}  // namespace app
