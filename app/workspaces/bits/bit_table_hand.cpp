// The bit table's hand: mouse, keys, menu, and what assistive programs are told.
#include <QClipboard>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QScrollArea>
#include <QToolTip>
#include <cmath>

#include "app/pictures/field_style.h"
#include "app/selection/bits_state.h"
#include "app/widgets/icon.h"
#include "app/workspaces/bits/bit_table.h"
#include "app/workspaces/bits/copied_text.h"

namespace app {

// Pressing sets the value, dragging over cells of the row paints it: the whole stroke is one step of undo.
void BitTable::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  const int row = m_layout->rowAt(event->position().y());
  if (row < 0) return;
  m_state.selectRow(row);
  const int bit = m_layout->bitAt(row, event->position());
  if (bit < 0) return;
  const bool wasSet = ((m_state.selected().code >> bit) & 1U) != 0;
  m_stroke = Stroke{row, !wasSet, event->position()};
  m_state.beginStroke();
  paintBit(bit);
}

void BitTable::mouseMoveEvent(QMouseEvent* event) {
  if (m_stroke) return dragTo(event->position());
  const int row = m_layout->rowAt(event->position().y());
  const int bit = m_layout->bitAt(row, event->position());
  setCursor(bit >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
  if (row == m_hoverRow && bit == m_hoverBit) return;
  m_hoverRow = row, m_hoverBit = bit;
  update();
}

void BitTable::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || !m_stroke) return;
  m_stroke.reset();
  m_state.endStroke();
  announceBit();
}

// A quick hand leaves cells out: every one on the way is painted. Above or below the row still is in it.
void BitTable::dragTo(QPointF place) {
  const QRectF rect = m_layout->row(m_stroke->row).rect;
  place.setY(std::clamp(place.y(), rect.top() + 3, rect.bottom() - 3));
  const QPointF way = place - m_stroke->at;
  const int steps = std::max(1, static_cast<int>(std::max(std::fabs(way.x()), std::fabs(way.y())) / 4));
  for (int i = 1; i <= steps; ++i)
    if (const int bit = m_layout->bitAt(m_stroke->row, m_stroke->at + way * i / steps); bit >= 0) paintBit(bit);
  m_stroke->at = place;
}

void BitTable::paintBit(int bit) {
  m_bit = m_hoverBit = bit;
  m_hoverRow = m_stroke->row;
  m_state.setBit(m_stroke->row, bit, m_stroke->value);
  update();
}

void BitTable::leaveEvent(QEvent*) {
  m_hoverRow = m_hoverBit = -1;
  update();
}

void BitTable::moveFocusTo(int row, int bit) {
  m_state.selectRow(row);
  m_bit = std::clamp(bit, 0, static_cast<int>(m_state.selected().format->bits) - 1);
  scrollTo(row);
  announceBit();
  update();
}

void BitTable::scrollTo(int row) {
  for (QWidget* parent = parentWidget(); parent != nullptr; parent = parent->parentWidget()) {
    auto* area = qobject_cast<QScrollArea*>(parent);
    if (area == nullptr) continue;
    const QRect rect = m_layout->row(row).rect.toRect();
    area->ensureVisible(rect.left(), rect.center().y(), 0, rect.height());
    return;
  }
}

void BitTable::moveHorizontally(int direction) {
  const int next = m_bit - direction;  // to the right are the less significant bits
  if (next >= 0 && next < static_cast<int>(m_state.selected().format->bits)) moveFocusTo(m_state.selectedRow(), next);
}

void BitTable::contextMenuEvent(QContextMenuEvent* event) {
  if (event->reason() == QContextMenuEvent::Mouse)
    if (const int row = m_layout->rowAt(event->pos().y()); row >= 0) m_state.selectRow(row);
  const FormatRow& row = m_state.selected();
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const auto copy = [&](const QString& name, const QString& what) {
    menu->addAction(icon(QStringLiteral("copy")), name, this, [what] { QGuiApplication::clipboard()->setText(what); });
  };
  for (const CopiedText& entry : copiedTexts(row)) copy(tr("Copy %1").arg(entry.name), entry.text);
  copy(tr("Copy row"), rowText(row).join(u'\t'));
  copy(tr("Copy table"), tableText(u'\t'));
  if (m_state.rows().size() > 1)
    menu->addAction(icon(QStringLiteral("close")), tr("Remove the row of %1").arg(titleOf(*row.format)), this,
                    [this, name = QString::fromStdString(row.format->name)] { m_state.removeFormat(name); });
  menu->addSeparator();
  addPictureActions(*menu, *this, picture(), [this](const QString& sentence) { Q_EMIT exportFailed(sentence); });
  const bool byMouse = event->reason() == QContextMenuEvent::Mouse;
  menu->popup(byMouse ? event->globalPos()
                      : mapToGlobal(cellRect(m_state.selectedRow(), m_bit).bottomLeft().toPoint()));
}

void BitTable::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy))
    return QGuiApplication::clipboard()->setText(rowText(m_state.selected()).join(u'\t'));
  const int row = m_state.selectedRow();
  const int highest = static_cast<int>(m_state.selected().format->bits) - 1;
  const bool shifted = event->modifiers().testFlag(Qt::ShiftModifier);
  switch (event->key()) {
    case Qt::Key_Left:
      return moveHorizontally(-1);
    case Qt::Key_Right:
      return moveHorizontally(1);
    case Qt::Key_Up:
    case Qt::Key_Down: {
      const int up = event->key() == Qt::Key_Up ? 1 : -1;
      if (event->modifiers().testFlag(Qt::ControlModifier)) return moveToRow(row - up);
      return stepBy(up, shifted);
    }
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
      return moveToRow(row + (event->key() == Qt::Key_PageDown ? 1 : -1));
    case Qt::Key_Home:
      return moveFocusTo(row, highest);
    case Qt::Key_End:
      return moveFocusTo(row, 0);
    case Qt::Key_Space:
      m_state.toggleBit(row, m_bit);
      return announceBit();
    case Qt::Key_0:
    case Qt::Key_1:
      m_state.setBit(row, m_bit, event->key() == Qt::Key_1);
      announceBit();
      return moveHorizontally(1);
    case Qt::Key_Plus:
    case Qt::Key_Minus:
      return stepBy(event->key() == Qt::Key_Plus ? 1 : -1, false);
    default:
      QWidget::keyPressEvent(event);
  }
}

void BitTable::stepBy(int direction, bool exponent) {
  if (exponent)
    m_state.stepExponent(m_state.selectedRow(), direction);
  else
    m_state.step(m_state.selectedRow(), direction);
  announce(*this, QAccessible::NameChanged, partOfRow(m_state.selectedRow()));
}

void BitTable::moveToRow(int row) {
  if (row >= 0 && row < m_layout->rowCount()) moveFocusTo(row, m_bit);
}

QString BitTable::toolTipFor(int index, int bit) const {
  const FormatRow& row = m_state.rows()[static_cast<std::size_t>(index)];
  return tr("%1 · bit %2 · %3").arg(titleOf(*row.format)).arg(bit).arg(fieldName(fieldOf(*row.format, bit)));
}

int BitTable::partOfRow(int row) const {
  int part = 0;
  for (int i = 0; i < row; ++i) part += 1 + static_cast<int>(m_state.rows()[static_cast<std::size_t>(i)].format->bits);
  return part;
}

int BitTable::partCount() const { return partOfRow(static_cast<int>(m_state.rows().size())); }

int BitTable::focusedPart() const {
  const int highest = static_cast<int>(m_state.selected().format->bits) - 1;
  return partOfRow(m_state.selectedRow()) + 1 + highest - m_bit;
}

// A row, then its bits from the left.
std::pair<int, int> BitTable::placeOfPart(int part) const {
  for (int row = 0; row < static_cast<int>(m_state.rows().size()); ++row) {
    const int bits = static_cast<int>(m_state.rows()[static_cast<std::size_t>(row)].format->bits);
    if (part == 0) return {row, -1};
    if (part <= bits) return {row, bits - part};
    part -= bits + 1;
  }
  return {0, -1};
}

AccessiblePart BitTable::part(int index) const {
  const auto [rowIndex, bit] = placeOfPart(index);
  const FormatRow& row = m_state.rows()[static_cast<std::size_t>(rowIndex)];
  AccessiblePart part;
  part.pressable = true;
  if (bit < 0) {
    part.name = tr("%1 stores %2").arg(titleOf(*row.format), shortText(row.value));
    part.description = errorText(row);
    part.value = QString::fromStdString(row.explanation.binary);
    part.rect = m_layout->row(rowIndex).rect.toRect();
    part.role = QAccessible::ListItem;
    part.selected = rowIndex == m_state.selectedRow();
    return part;
  }
  part.name = toolTipFor(rowIndex, bit);
  part.checkable = true;
  part.checked = ((row.code >> bit) & 1U) != 0;
  part.value = part.checked ? QStringLiteral("1") : QStringLiteral("0");
  part.rect = cellRect(rowIndex, bit).toRect();
  part.role = QAccessible::CheckBox;
  return part;
}

void BitTable::pressPart(int index) {
  const auto [row, bit] = placeOfPart(index);
  m_state.selectRow(row);
  if (bit < 0) return;
  m_bit = bit;
  m_state.toggleBit(row, bit);
  announceBit();
}

void BitTable::announceBit() {
  const bool set = (m_state.selected().code >> m_bit) & 1U;
  setAccessibleDescription(toolTipFor(m_state.selectedRow(), m_bit) + QStringLiteral(" · ") +
                           (set ? tr("one") : tr("zero")));
  announce(*this, QAccessible::Focus, focusedPart());
}

bool BitTable::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const int row = m_layout->rowAt(help->pos().y()), bit = m_layout->bitAt(row, help->pos());
    if (bit >= 0)
      QToolTip::showText(help->globalPos(), toolTipFor(row, bit), this);
    else if (row >= 0 && help->pos().x() < m_layout->titleWidth())
      QToolTip::showText(help->globalPos(), titleOf(*m_state.rows()[static_cast<std::size_t>(row)].format), this);
    else
      QToolTip::hideText();
    return true;
  }
  return QWidget::event(event);
}

}  // namespace app
