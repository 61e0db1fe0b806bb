#include "app/widgets/frozen_table.h"

#include <QHeaderView>
#include <QScrollBar>

namespace app {

FrozenTable::FrozenTable(QWidget* parent) : QTableView(parent), m_frozen(new QTableView(this)) {
  setHorizontalScrollMode(ScrollPerPixel);
  for (QTableView* table : {static_cast<QTableView*>(this), m_frozen}) {
    table->setVerticalScrollMode(ScrollPerPixel);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->verticalHeader()->hide();
    table->horizontalHeader()->setHighlightSections(false);
  }
  m_frozen->setFocusPolicy(Qt::NoFocus);
  m_frozen->setFrameShape(NoFrame);
  m_frozen->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_frozen->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  viewport()->stackUnder(m_frozen);
  connect(horizontalHeader(), &QHeaderView::sectionResized, this, [this](int section, int, int width) {
    if (section != 0) return;
    m_frozen->setColumnWidth(0, width);
    place();
  });
  connect(m_frozen->horizontalHeader(), &QHeaderView::sectionResized, this, [this](int section, int, int width) {
    if (section == 0 && columnWidth(0) != width) setColumnWidth(0, width);
  });
  connect(m_frozen->horizontalHeader(), &QHeaderView::sortIndicatorChanged, this,
          [this](int section, Qt::SortOrder order) {
            if (section == 0) sortByColumn(section, order);
          });
  connect(verticalScrollBar(), &QScrollBar::valueChanged, m_frozen->verticalScrollBar(), &QScrollBar::setValue);
  connect(m_frozen->verticalScrollBar(), &QScrollBar::valueChanged, verticalScrollBar(), &QScrollBar::setValue);
  connect(m_frozen, &QTableView::activated, this, &QTableView::activated);
}

void FrozenTable::setModel(QAbstractItemModel* model) {
  QTableView::setModel(model);
  m_frozen->setModel(model);
  m_frozen->setSelectionModel(selectionModel());
  m_frozen->setSelectionBehavior(selectionBehavior());
  m_frozen->setSelectionMode(selectionMode());
  const auto hideOthers = [this] {
    for (int column = 1; column < m_frozen->model()->columnCount(); ++column) m_frozen->setColumnHidden(column, true);
  };
  connect(model, &QAbstractItemModel::modelReset, m_frozen, hideOthers);
  hideOthers();
  m_frozen->horizontalHeader()->setSectionsClickable(true);
  m_frozen->horizontalHeader()->setSortIndicatorShown(false);
  place();
}

void FrozenTable::place() {
  m_frozen->verticalHeader()->setDefaultSectionSize(verticalHeader()->defaultSectionSize());
  m_frozen->horizontalHeader()->setFixedHeight(horizontalHeader()->height());
  m_frozen->setGeometry(frameWidth(), frameWidth(), columnWidth(0),
                        viewport()->height() + horizontalHeader()->height());
}

void FrozenTable::updateGeometries() {
  QTableView::updateGeometries();
  place();
}

void FrozenTable::resizeEvent(QResizeEvent* event) {
  QTableView::resizeEvent(event);
  place();
}

void FrozenTable::scrollTo(const QModelIndex& index, ScrollHint hint) {
  if (index.column() > 0) return QTableView::scrollTo(index, hint);
  // The first column is always in sight: only the row has to be scrolled to.
  const int before = horizontalScrollBar()->value();
  QTableView::scrollTo(index, hint);
  horizontalScrollBar()->setValue(before);
}

QModelIndex FrozenTable::moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) {
  const QModelIndex next = QTableView::moveCursor(action, modifiers);
  const int covered = columnWidth(0) - visualRect(next).left();
  if (action == MoveLeft && next.column() > 0 && covered > 0)
    horizontalScrollBar()->setValue(horizontalScrollBar()->value() - covered);
  return next;
}

}  // namespace app
