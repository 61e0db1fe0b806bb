#include "app/lesson_view/bit_cells.h"

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include "app/pictures/field_style.h"
#include "app/widgets/cell_keys.h"
#include "app/widgets/theme.h"
#include "app/widgets/zoomed_length.h"

namespace app {
namespace {

constexpr double kCellWidth = 18, kCellHeight = 26, kLine = 36,
                 kCellGap = 4;  // at 100 %; the gap parts fields and bytes

}  // namespace

BitCells::BitCells(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::PointingHandCursor);
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

void BitCells::setFormat(const core::numeric::NumberFormat& format) {
  m_format = &format;
  m_focused = bits() - 1;
  describe();
  updateGeometry();
  update();
}

void BitCells::setCode(std::uint64_t code) {
  m_code = code;
  describe();
  update();
}

void BitCells::setLocked(bool locked, std::optional<std::uint64_t> truth) {
  m_locked = locked;
  m_truth = truth;
  setCursor(locked ? Qt::ArrowCursor : Qt::PointingHandCursor);
  update();
}

int BitCells::perLine(int width) const {
  for (const int candidate : {64, 32, 16, 8})
    if (candidate <= bits() && candidate * px(kCellWidth) + (candidate / 8 + 1) * px(kCellGap) <= width)
      return candidate;
  return std::min(8, std::max(1, bits()));
}

QRectF BitCells::cellRect(int bit) const {
  const int line = perLine(width()), at = bits() - 1 - bit, column = at % line;
  double x = column * px(kCellWidth);
  // A gap where a field begins, so that a line reads as its fields; bytes are parted inside long ones.
  for (int i = 1; i <= column; ++i) {
    const int left = bits() - (at - column + i), right = left - 1;
    if (fieldOf(*m_format, left) != fieldOf(*m_format, right)) x += px(kCellGap);
  }
  return {x, (at / line) * px(kLine) + 1, px(kCellWidth) - 2, px(kCellHeight)};
}

int BitCells::heightForWidth(int width) const {
  const int line = perLine(width);
  return qRound((bits() + line - 1) / line * px(kLine));
}

QSize BitCells::sizeHint() const {
  const int width = Theme::instance().px(300);
  return {width, heightForWidth(width)};
}

QSize BitCells::minimumSizeHint() const {
  return {qRound(8 * px(kCellWidth) + 2 * px(kCellGap)), heightForWidth(std::max(width(), 1))};
}

void BitCells::paintEvent(QPaintEvent*) {
  if (m_format == nullptr) return;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  for (int bit = 0; bit < bits(); ++bit) paintCell(painter, bit);
}

void BitCells::paintCell(QPainter& painter, int bit) const {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  const QRectF cell = cellRect(bit);
  const BitField field = fieldOf(*m_format, bit);
  const QColor color = fieldColor(field);
  const bool set = (m_code >> bit) & 1U;
  const QColor ground = set ? mix(color, c.surface, c.dark ? 0.25 : 0.0) : mix(c.surface, color, c.dark ? 0.14 : 0.09);
  painter.setPen(QPen(set ? ground : mix(c.surface, color, 0.35), 1));
  painter.setBrush(ground);
  painter.drawRoundedRect(cell, 3, 3);
  painter.setFont(theme.monoFont(0, set ? QFont::DemiBold : QFont::Normal));
  painter.setPen(set ? (c.dark ? c.sunken : QColor(Qt::white)) : mix(color, c.text, 0.15));
  painter.drawText(cell, Qt::AlignCenter, set ? QStringLiteral("1") : QStringLiteral("0"));
  paintFieldMark(painter, field, cell.left(), cell.right(), cell.bottom() + 4);
  const bool differs = m_truth && (((m_code ^ *m_truth) >> bit) & 1U);
  if (differs || (hasFocus() && !m_locked && bit == m_focused)) {
    painter.setPen(QPen(differs ? c.error : c.text, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(cell.adjusted(-0.5, -0.5, 0.5, 0.5), 3, 3);
  }
}

int BitCells::bitAt(QPointF point) const {
  for (int bit = 0; bit < bits(); ++bit)
    if (cellRect(bit).adjusted(-1, -1, 1, 6).contains(point)) return bit;
  return -1;
}

void BitCells::flip(int bit) {
  if (m_locked || bit < 0) return;
  m_focused = bit;
  m_code ^= std::uint64_t{1} << bit;
  describe();
  update();
  Q_EMIT changed();
}

void BitCells::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) flip(bitAt(event->position()));
}

void BitCells::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space) return flip(m_focused);
  const auto next = cellAfterKey(event->key(), bits() - 1 - m_focused, perLine(width()), bits());
  if (!next) return QWidget::keyPressEvent(event);
  m_focused = bits() - 1 - *next;
  describe();
  update();
}

bool BitCells::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  auto* help = static_cast<QHelpEvent*>(event);
  const int bit = bitAt(help->pos());
  if (bit >= 0)
    QToolTip::showText(help->globalPos(), nameOf(bit), this);
  else
    QToolTip::hideText();
  return true;
}

QString BitCells::nameOf(int bit) const { return tr("Bit %1: %2").arg(bit).arg(fieldName(fieldOf(*m_format, bit))); }

AccessiblePart BitCells::part(int index) const {
  const int bit = bits() - 1 - index;
  AccessiblePart part;
  part.name = nameOf(bit);
  part.rect = cellRect(bit).toRect();
  part.role = QAccessible::CheckBox;
  part.pressable = !m_locked;
  part.checkable = true;
  part.checked = ((m_code >> bit) & 1U) != 0;
  part.value = part.checked ? QStringLiteral("1") : QStringLiteral("0");
  return part;
}

/// Aloud: the bit under the keyboard, and all of them.
void BitCells::describe() {
  if (m_format == nullptr) return;
  setAccessibleName(tr("Bits of %1").arg(QString::fromStdString(m_format->title)));
  setAccessibleDescription(QString::number(m_code, 2).rightJustified(bits(), u'0'));
  if (hasFocus()) announce(*this, QAccessible::Focus, focusedPart());
}

}  // namespace app
