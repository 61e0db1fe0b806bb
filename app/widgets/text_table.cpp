#include "app/widgets/text_table.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QResizeEvent>
#include <algorithm>
#include <set>

#include "app/widgets/icon.h"
#include "app/widgets/theme.h"
#include "app/widgets/wrapping_delegate.h"

namespace app {

namespace {
constexpr int kLeastWrapped = 84;
}

TextTable::TextTable(const QStringList& columns, const QString& name, int firstNumber, QWidget* parent)
    : QTableWidget(0, static_cast<int>(columns.size()), parent), m_firstNumber(firstNumber) {
  setHorizontalHeaderLabels(columns);
  setAccessibleName(name);
  setEditTriggers(NoEditTriggers);
  setSelectionBehavior(SelectRows);
  setShowGrid(false);
  setWordWrap(false);
  setItemDelegate(new WrappingDelegate(this));
  setFrameShape(NoFrame);
  setTabKeyNavigation(false);
  verticalHeader()->hide();
  QHeaderView* header = horizontalHeader();
  header->setProperty("kind", QStringLiteral("compact"));
  header->setHighlightSections(false);
  header->setSectionResizeMode(QHeaderView::Stretch);
  for (int column = 0; column < columnCount(); ++column)
    horizontalHeaderItem(column)->setTextAlignment((column < firstNumber ? Qt::AlignLeft : Qt::AlignRight) |
                                                   Qt::AlignVCenter);
  connect(&Theme::instance(), &Theme::changed, this, &TextTable::applyTheme);
  applyTheme();
}

void TextTable::applyTheme() {
  verticalHeader()->setDefaultSectionSize(Theme::instance().px(23));
  for (int line = 0; line < rowCount(); ++line)
    for (int column = m_firstNumber; column < columnCount(); ++column)
      if (QTableWidgetItem* cell = item(line, column)) cell->setFont(Theme::instance().monoFont(-1));
}

void TextTable::fitColumns() {
  m_fits = true;
  horizontalHeader()->setSectionResizeMode(QHeaderView::Interactive);
  setHorizontalScrollMode(ScrollPerPixel);
  shareWidth();
}

void TextTable::wrapLastColumn() {
  m_wraps = true;
  shareWidth();
}

void TextTable::shareWidth() {
  if (!m_fits) return;
  setWordWrap(false);
  resizeColumnsToContents();
  int shown = 0, width = 0;
  for (int column = 0; column < columnCount(); ++column)
    if (!isColumnHidden(column)) ++shown, width += columnWidth(column);
  const int share = shown > 0 ? std::max(0, viewport()->width() - width) / shown : 0;
  for (int column = 0; column < columnCount() && share > 0; ++column)
    if (!isColumnHidden(column)) setColumnWidth(column, columnWidth(column) + share);
  if (!m_wraps) return;
  const int last = columnCount() - 1, others = width - columnWidth(last), room = viewport()->width() - others;
  const bool isNarrow = width > viewport()->width();
  if (isNarrow) setColumnWidth(last, std::max(room, Theme::instance().px(kLeastWrapped)));
  setWordWrap(isNarrow);
  if (isNarrow) return resizeRowsToContents();
  for (int line = 0; line < rowCount(); ++line) setRowHeight(line, verticalHeader()->defaultSectionSize());
}

void TextTable::resizeEvent(QResizeEvent* event) {
  QTableWidget::resizeEvent(event);
  if (event->size().width() != event->oldSize().width()) shareWidth();
}

void TextTable::setColumnToolTip(int column, const QString& toolTip) {
  horizontalHeaderItem(column)->setToolTip(toolTip);
}

void TextTable::setLines(const std::vector<QStringList>& lines) {
  setRowCount(static_cast<int>(lines.size()));
  for (int line = 0; line < rowCount(); ++line) {
    const QStringList& texts = lines[static_cast<std::size_t>(line)];
    for (int column = 0; column < std::min(columnCount(), static_cast<int>(texts.size())); ++column) {
      QTableWidgetItem* cell = item(line, column);
      if (cell == nullptr) {
        cell = new QTableWidgetItem;
        setItem(line, column, cell);
        cell->setTextAlignment((column < m_firstNumber ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        if (column >= m_firstNumber) cell->setFont(Theme::instance().monoFont(-1));
      }
      cell->setText(texts[column]);
      cell->setToolTip(texts[column]);
    }
  }
  shareWidth();
}

QString TextTable::selectedText() const {
  std::set<int> wanted;
  for (const QModelIndex& index : selectedIndexes()) wanted.insert(index.row());
  QStringList names;
  for (int column = 0; column < columnCount(); ++column) names << horizontalHeaderItem(column)->text();
  QStringList lines{names.join(u'\t')};
  for (int line = 0; line < rowCount(); ++line) {
    if (!wanted.empty() && !wanted.contains(line)) continue;
    QStringList cells;
    for (int column = 0; column < columnCount(); ++column)
      cells << (item(line, column) == nullptr ? QString() : item(line, column)->text());
    lines << cells.join(u'\t');
  }
  return lines.join(u'\n') + u'\n';
}

void TextTable::copy() const { QGuiApplication::clipboard()->setText(selectedText()); }

void TextTable::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) return copy();
  QTableWidget::keyPressEvent(event);
}

void TextTable::contextMenuEvent(QContextMenuEvent* event) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(icon(QStringLiteral("copy")), tr("Copy"), this, [this] { copy(); });
  menu->addAction(tr("Copy all"), this, [this] {
    clearSelection();
    copy();
  });
  menu->popup(event->globalPos());
}

}  // namespace app
