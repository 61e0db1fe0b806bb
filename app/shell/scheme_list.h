#pragma once
#include <QListView>
#include <QPersistentModelIndex>
#include <QWidget>
#include <optional>

#include "app/shell/scheme_list_model.h"
#include "app/shell/scheme_row.h"

class QLineEdit;
class QToolButton;

namespace app {

class Label;

/// The schemes and recipes under a filter: type words, or fold groups out. Click or Enter on a name chooses it; where
/// there are boxes, a click on one or Space ticks. Letters typed in the list go to the filter; from the filter, Down
/// goes to the list and Enter takes the first row found.
class SchemeList : public QWidget {
  Q_OBJECT
 public:
  SchemeList(Selection& selection, JobRunner& jobs, SchemeRow::Boxes boxes, QWidget* parent = nullptr);

  void setCurrent(const std::optional<core::model::Recipe>& recipe) { m_model->setCurrent(recipe); }
  /// Scrolls to it, whatever is folded or filtered.
  void reveal(const core::model::Recipe& recipe);
  void focusFilter();
  void focusList();
  QListView* view() const { return m_view; }
  SchemeOrder order() const { return m_model->order(); }
  void setOrder(SchemeOrder order);

 Q_SIGNALS:
  void chosen(const core::model::Recipe& recipe);
  /// The row that says what schemes are calibrated with was clicked.
  void calibrationWanted();
  /// Why a recipe could not be saved.
  void failed(const QString& sentence);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  bool filterKey(const QKeyEvent& event);
  bool listKey(QKeyEvent& event);
  void choose(const QModelIndex& index);
  void toggle(const QModelIndex& index);
  void openMenu(const QPoint& place);
  void saveRecipe(const core::model::Recipe& recipe);
  void noteAnchor();
  void followAnchor();

  Selection& m_selection;
  SchemeRow::Boxes m_boxes;
  SchemeListModel* m_model;
  SchemeRow* m_rows;
  QLineEdit* m_filter;
  QToolButton* m_sort;
  QListView* m_view;
  Label* m_nothing;
  QPersistentModelIndex m_anchor;  ///< the row under the hand stays there while rows come and go above it
  int m_anchorTop = 0;
};

}  // namespace app
