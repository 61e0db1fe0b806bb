#include "app/workspaces/inspect/name_delegate.h"

#include <QHeaderView>

namespace app {

NameDelegate::NameDelegate(const QHeaderView* header, QObject* parent)
    : QStyledItemDelegate(parent), m_header(header) {}

bool NameDelegate::isShortened(int column) const { return m_header->sectionSize(column) < m_widest; }

QString NameDelegate::displayedText(const QWidget* view, const QModelIndex& index) const {
  QStyleOptionViewItem option;
  option.widget = view;
  initStyleOption(&option, index);
  return option.text;
}

void NameDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
  QStyledItemDelegate::initStyleOption(option, index);
  option->textElideMode = Qt::ElideMiddle;
  const QString suffix = QStringLiteral(".weight");
  if (isShortened(index.column()) && option->text.endsWith(suffix)) option->text.chop(suffix.size());
}

}  // namespace app
