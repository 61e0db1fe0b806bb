#include "app/shell/scheme_row.h"

#include <QMouseEvent>
#include <QPainter>
#include <QScrollArea>
#include <QScrollBar>
#include <algorithm>

#include "app/shell/scheme_list_model.h"
#include "app/widgets/icon.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr Length kBitsWidth{42}, kSizeWidth{66}, kRightMargin{12}, kChevron{14};

void paintBox(QPainter& painter, const QRectF& box, const QModelIndex& index) {
  const ThemeColors& c = Theme::instance().colors();
  const bool checked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
  const auto color = index.data(SchemeListModel::ColorRole).value<QColor>();
  painter.setPen(QPen(checked ? color : c.borderStrong, 1.4));
  painter.setBrush(c.surface);
  painter.drawRoundedRect(box, 4, 4);
  // The scheme's mark is the tick.
  const auto mark = static_cast<SeriesMark>(index.data(SchemeListModel::MarkRole).toInt());
  if (checked) paintMark(painter, mark, box.adjusted(3, 3, -3, -3), color);
}

/// The same with and without a scroll bar, so that columns stand where they stand in ReferenceRow.
int rightEdge(const QStyleOptionViewItem& option) {
  const auto* area = qobject_cast<const QAbstractScrollArea*>(option.widget);
  const bool hasBar = area == nullptr || area->verticalScrollBar()->isVisible();
  return option.rect.right() - kRightMargin - (hasBar ? 0 : area->verticalScrollBar()->sizeHint().width());
}

}  // namespace

QRectF SchemeRow::boxRect(const QRect& row) { return {row.left() + 12.0, row.center().y() - 7.5, 16, 16}; }

int SchemeRow::nameLeft() const { return m_boxes == Boxes::Shown ? 38 : 16; }

QSize SchemeRow::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
  return {160, std::max(28, option.fontMetrics.height() + 10)};
}

void SchemeRow::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const ThemeColors& c = Theme::instance().colors();
  const bool current = index.data(SchemeListModel::CurrentRole).toBool();
  const QRectF row = QRectF(option.rect).adjusted(4, 1, -4, -1);
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(Qt::NoPen);
  if (current || (option.state & QStyle::State_MouseOver)) {
    painter->setBrush(current ? c.selection : c.hover);
    painter->drawRoundedRect(row, space::kRadiusSmall, space::kRadiusSmall);
  }
  if (option.state & QStyle::State_HasFocus) {
    painter->setPen(QPen(c.accent, 1.5));
    painter->setBrush(Qt::NoBrush);
    painter->drawRoundedRect(row, space::kRadiusSmall, space::kRadiusSmall);
  }
  if (index.data(SchemeListModel::HeadingRole).toBool())
    paintHeading(*painter, option, index);
  else if (index.data(SchemeListModel::CalibrationRole).toBool())
    paintCalibration(*painter, option, index);
  else
    paintScheme(*painter, option, index);
  painter->restore();
}

void SchemeRow::paintHeading(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  const QRectF chevron(option.rect.left() + 13.0, option.rect.center().y() - kChevron / 2.0 + 0.5, kChevron, kChevron);
  painter.save();
  if (index.data(SchemeListModel::UnfoldedRole).toBool()) {
    painter.translate(chevron.center());
    painter.rotate(90);
    painter.translate(-chevron.center());
  }
  paintIcon(painter, QStringLiteral("chevron-right"), chevron, c.textMuted);
  painter.restore();
  painter.setFont(theme.textFont(-1, QFont::DemiBold));
  painter.setPen(c.textMuted);
  QRect room = option.rect.adjusted(38, 0, 0, 0);
  room.setRight(rightEdge(option) - 1);
  painter.drawText(room, Qt::AlignVCenter | Qt::AlignLeft, index.data().toString());
  painter.setFont(theme.textFont(-1.5));
  painter.drawText(room, Qt::AlignVCenter | Qt::AlignRight, index.data(SchemeListModel::CountRole).toString());
}

void SchemeRow::paintCalibration(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  painter.setFont(theme.textFont(-1.5, QFont::DemiBold));
  const QString action = index.data(SchemeListModel::ActionRole).toString();
  QRect button = option.rect.adjusted(0, 4, 0, -4);
  button.setRight(rightEdge(option));
  button.setLeft(button.right() - painter.fontMetrics().horizontalAdvance(action) - 2 * space::kOne);
  painter.setPen(c.borderStrong);
  painter.setBrush(c.raised);
  painter.drawRoundedRect(QRectF(button).adjusted(0.5, 0.5, -0.5, -0.5), space::kRadiusSmall, space::kRadiusSmall);
  painter.setPen(c.accent);
  painter.drawText(button, Qt::AlignCenter, action);
  QRect room = option.rect.adjusted(38, 0, 0, 0);
  room.setRight(button.left() - space::kOne);
  painter.setFont(theme.textFont(-1.5));
  painter.setPen(c.textMuted);
  painter.drawText(room, Qt::AlignVCenter | Qt::AlignLeft,
                   painter.fontMetrics().elidedText(index.data().toString(), Qt::ElideMiddle, room.width()));
}

void SchemeRow::paintScheme(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  if (m_boxes == Boxes::Shown) paintBox(painter, boxRect(option.rect), index);
  painter.setFont(theme.textFont(-1.5));
  painter.setPen(c.textMuted);
  const int right = rightEdge(option), sizeWidth = kSizeWidth, bitsWidth = kBitsWidth;
  const auto column = [&](int edge, int wide) {
    return QRect(edge - wide, option.rect.top(), wide, option.rect.height());
  };
  const QString size = index.data(SchemeListModel::SizeRole).toString();
  painter.drawText(column(right, sizeWidth), Qt::AlignRight | Qt::AlignVCenter, size);
  painter.drawText(column(right - sizeWidth, bitsWidth), Qt::AlignRight | Qt::AlignVCenter,
                   index.data(SchemeListModel::BitsRole).toString());
  const bool current = index.data(SchemeListModel::CurrentRole).toBool();
  painter.setFont(theme.textFont(0, current ? QFont::DemiBold : QFont::Normal));
  painter.setPen(c.text);
  QRect name = option.rect.adjusted(nameLeft(), 0, 0, 0);
  name.setRight(right - (size.isEmpty() ? 0 : sizeWidth + bitsWidth));
  painter.drawText(name, Qt::AlignVCenter | Qt::AlignLeft,
                   painter.fontMetrics().elidedText(index.data().toString(), Qt::ElideMiddle, name.width()));
}

void SchemeRow::setEditorData(QWidget* editor, const QModelIndex& index) const {
  constexpr const char* kFilled = "filled";
  if (editor->property(kFilled).toBool()) return;
  editor->setProperty(kFilled, true);
  QStyledItemDelegate::setEditorData(editor, index);
}

void SchemeRow::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const {
  editor->setGeometry(option.rect.adjusted(nameLeft() - 8, 0, -4, 0));
}

bool SchemeRow::editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                            const QModelIndex& index) {
  if (event->type() != QEvent::MouseButtonRelease) return false;
  const auto* mouse = static_cast<QMouseEvent*>(event);
  m_boxClicked = m_boxes == Boxes::Shown && mouse->button() == Qt::LeftButton &&
                 index.data(Qt::CheckStateRole).isValid() &&
                 boxRect(option.rect).adjusted(-10, -8, 6, 8).contains(mouse->position());
  if (!m_boxClicked) return false;
  const bool checked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
  return model->setData(index, checked ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
}

}  // namespace app
