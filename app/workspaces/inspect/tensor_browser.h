#pragma once
#include <QWidget>

#include "app/workspaces/inspect/tensor_facts.h"

class QLineEdit;
class QSortFilterProxyModel;
class QStandardItemModel;
class QTabWidget;
class QTableView;
class QTreeView;

namespace app {

class TensorTableModel;

/// The model as a tree (block → tensor) and as a flat table that sorts and filters; both show and change the selection.
class TensorBrowser : public QWidget {
  Q_OBJECT
 public:
  TensorBrowser(Selection& selection, TensorFacts& facts, QWidget* parent = nullptr);

 private:
  QWidget* buildTree();
  QWidget* buildTable();
  void fillTree();
  void filter(const QString& text);
  void showSelection();
  void copyTable() const;

  Selection& m_selection;
  TensorTableModel* m_tableModel;
  QSortFilterProxyModel* m_tableProxy;
  QStandardItemModel* m_treeModel;
  QSortFilterProxyModel* m_treeProxy;
  QLineEdit* m_filter;
  QTabWidget* m_tabs;
  QTreeView* m_tree;
  QTableView* m_table;
  bool m_following = false;  ///< the views are being set from the selection
};

}  // namespace app
