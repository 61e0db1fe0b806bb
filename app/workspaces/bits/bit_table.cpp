#include "app/workspaces/bits/bit_table.h"

#include <QAccessible>
#include <QClipboard>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QScrollArea>
#include <QToolTip>
#include <cmath>

#include "app/pictures/field_style.h"
#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {

namespace {

QStringList rowText(const FormatRow& row) {
  const QString error = std::isnan(row.error) ? QString() : shortText(row.error);
  return {QString::fromUtf8(row.format->title.data(), static_cast<qsizetype>(row.format->title.size())),
          QString::fromStdString(row.explanation.hex), QString::fromStdString(row.explanation.binary),
          QString::fromStdString(core::numeric::exactText(row.value)), error};
}

}  // namespace

BitTable::BitTable(BitsState& state, QWidget* parent) : QWidget(parent), m_state(state) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAccessibleName(tr("Bits of every format"));
  setObjectName(QStringLiteral("bit-table"));
  relayout();
  m_bit = static_cast<int>(m_state.selected().format->bits) - 1;
  connect(&state, &BitsState::changed, this, [this] { update(); });
  connect(&state, &BitsState::selectedRowChanged, this, [this] {
    m_bit = std::min(m_bit, static_cast<int>(m_state.selected().format->bits) - 1);
    update();
  });
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

void BitTable::relayout() {
  std::vector<const core::numeric::NumberFormat*> formats;
  for (const FormatRow& row : m_state.rows()) formats.push_back(row.format);
  m_layout = std::make_unique<BitLayout>(formats, width(), height());
}

QSize BitTable::sizeHint() const {
  return {static_cast<int>(BitLayout::minimumWidth()) + 200,
          static_cast<int>(BitLayout::minimumHeight(m_layout->rowCount())) + 60};
}

QSize BitTable::minimumSizeHint() const {
  return {static_cast<int>(BitLayout::minimumWidth()),
          static_cast<int>(BitLayout::minimumHeight(m_layout->rowCount()))};
}

QRectF BitTable::cellRect(int row, int bit) const { return m_layout->row(row).cells[static_cast<std::size_t>(bit)]; }

void BitTable::resizeEvent(QResizeEvent*) { relayout(); }

void BitTable::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paint(painter);
}

void BitTable::paint(QPainter& painter) const {
  painter.setRenderHint(QPainter::Antialiasing);
  paintHeader(painter);
  for (int row = 0; row < m_layout->rowCount(); ++row) paintRow(painter, row);
}

void BitTable::paintHeader(QPainter& painter) const {
  const Theme& theme = Theme::instance();
  painter.setFont(theme.textFont(-1.5, QFont::DemiBold));
  const double line = m_layout->headerHeight() - 5, gap = m_layout->cellWidth();
  const auto field = [&](BitField kind, double left, double right, const QString& text) {
    painter.setPen(fieldColor(kind));
    painter.drawText(QRectF(left, 0, right - left, line - 3), Qt::AlignLeft | Qt::AlignBottom, text);
    paintFieldMark(painter, kind, left, right - 2, line + 1);
  };
  field(BitField::Sign, m_layout->signLeft(), m_layout->signLeft() + gap, tr("S"));
  field(BitField::Exponent, m_layout->exponentLeft(), m_layout->exponentLeft() + 11 * gap, tr("E  exponent"));
  field(BitField::Mantissa, m_layout->mantissaLeft(), m_layout->mantissaLeft() + 26 * gap, tr("M  mantissa"));
  painter.setPen(theme.colors().textFaint);
  const double value = m_layout->valueLeft();
  painter.drawText(QRectF(value, 0, m_layout->valueWidth(), line - 3), Qt::AlignRight | Qt::AlignBottom, tr("value"));
  painter.drawText(QRectF(value + m_layout->valueWidth(), 0, m_layout->errorWidth(), line - 3),
                   Qt::AlignRight | Qt::AlignBottom, tr("relative error"));
}

void BitTable::paintRow(QPainter& painter, int index) const {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  const FormatRow& row = m_state.rows()[static_cast<std::size_t>(index)];
  const QRectF rect = m_layout->row(index).rect;
  const bool selected = index == m_state.selectedRow();
  painter.setPen(Qt::NoPen);
  if (selected || index == m_hoverRow) {
    painter.setBrush(selected ? c.accentSoft : mix(c.surface, c.hover, 0.7));
    painter.drawRoundedRect(rect.adjusted(0, 0.5, 0, -0.5), space::kRadiusSmall, space::kRadiusSmall);
  }
  if (selected) {
    painter.setBrush(c.accent);
    painter.drawRoundedRect(QRectF(0, rect.top() + 4, 3, rect.height() - 8), 1.5, 1.5);
  }
  painter.setFont(theme.textFont(0, selected ? QFont::DemiBold : QFont::Normal));
  painter.setPen(selected ? c.accent : c.text);
  const QString title = QString::fromUtf8(row.format->title.data(), static_cast<qsizetype>(row.format->title.size()));
  painter.drawText(QRectF(12, rect.top(), m_layout->titleWidth() - 16, rect.height()), Qt::AlignLeft | Qt::AlignVCenter,
                   title);
  for (int bit = 0; bit < static_cast<int>(row.format->bits); ++bit) paintCell(painter, index, bit);
  paintScale(painter, index);
  paintNumbers(painter, index);
}

void BitTable::paintScale(QPainter& painter, int index) const {
  const Theme& theme = Theme::instance();
  const FormatRow& row = m_state.rows()[static_cast<std::size_t>(index)];
  const bool codeBook = row.format->kind == core::numeric::FormatKind::CodeBook;
  if (!codeBook && !row.format->isInteger()) return;
  const double scale = codeBook ? row.factor : row.scale.scale;
  const QString code = codeBook
                           ? tr("level %1").arg(text::trimmed(row.explanation.value, 5))
                           : tr("q = %1").arg(QString::number(row.explanation.integer.value_or(0)).replace(u'-', u'−'));
  const QRectF last = m_layout->row(index).cells[0];
  QRectF place(last.right() + 12, m_layout->row(index).rect.top(), 300, m_layout->row(index).rect.height());
  painter.setFont(theme.textFont(-1));
  painter.setPen(theme.colors().textMuted);
  painter.drawText(place, Qt::AlignLeft | Qt::AlignVCenter, code);
  place.setLeft(place.left() + painter.fontMetrics().horizontalAdvance(code) + 6);
  painter.setPen(theme.colors().scale);
  painter.drawText(
      place, Qt::AlignLeft | Qt::AlignVCenter,
      codeBook ? tr("× absmax %1").arg(text::trimmed(scale, 4)) : tr("× scale %1").arg(text::trimmed(scale, 4)));
}

void BitTable::paintCell(QPainter& painter, int index, int bit) const {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  const FormatRow& row = m_state.rows()[static_cast<std::size_t>(index)];
  const QRectF cell = m_layout->row(index).cells[static_cast<std::size_t>(bit)];
  const QColor color = fieldColor(fieldOf(*row.format, bit));
  const bool set = (row.code >> bit) & 1U;
  const bool hovered = index == m_hoverRow && bit == m_hoverBit;
  const QColor ground = set ? mix(color, c.surface, c.dark ? 0.25 : 0.0) : mix(c.surface, color, c.dark ? 0.14 : 0.09);
  painter.setPen(hovered ? QPen(c.text, 1.2) : QPen(set ? ground : mix(c.surface, color, 0.35), 1));
  painter.setBrush(ground);
  painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
  painter.setFont(theme.monoFont(cell.width() < 13 ? -2.5 : -1, set ? QFont::DemiBold : QFont::Normal));
  painter.setPen(set ? (c.dark ? c.sunken : QColor(Qt::white)) : mix(color, c.text, 0.15));
  painter.drawText(cell, Qt::AlignCenter, set ? QStringLiteral("1") : QStringLiteral("0"));
  if (hasFocus() && index == m_state.selectedRow() && bit == m_bit) {
    painter.setPen(QPen(c.text, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(cell.adjusted(-1, -1, 1, 1), 4, 4);
  }
}

void BitTable::paintNumbers(QPainter& painter, int index) const {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  const FormatRow& row = m_state.rows()[static_cast<std::size_t>(index)];
  const QRectF rect = m_layout->row(index).rect;
  const QRectF value(m_layout->valueLeft(), rect.top(), m_layout->valueWidth(), rect.height());
  const QRectF error(value.right(), rect.top(), m_layout->errorWidth(), rect.height());
  painter.setFont(theme.monoFont(-0.5));
  painter.setPen(c.text);
  const bool isNegativeZero = row.value == 0 && std::signbit(row.value);
  painter.drawText(value, Qt::AlignRight | Qt::AlignVCenter,
                   isNegativeZero ? QStringLiteral("−0") : text::trimmed(row.value, 10));
  const double relative = m_state.number().nearest == 0 ? 0 : std::fabs(row.error / m_state.number().nearest);
  QString shown;
  const double number = m_state.number().nearest;
  if (row.decision.noSuchValue && !std::isfinite(number))
    shown = std::isnan(number) ? tr("no NaN") : tr("no infinity");
  else if (std::isnan(row.error))
    shown = row.decision.overflow ? tr("overflow") : QStringLiteral("—");
  else if (row.decision.underflow)
    shown = text::percent(-1, 0);  // even where the error itself is too small for a double
  else if (row.error == 0)
    shown = tr("exact");
  else
    shown = text::number(row.error / m_state.number().nearest * 100, 2) + QChar(0x202F) + u'%';
  const bool bad = row.decision.overflow || row.decision.noSuchValue || relative > 0.05;
  painter.setPen(shown == tr("exact") ? c.success : bad ? c.error : c.textMuted);
  painter.drawText(error, Qt::AlignRight | Qt::AlignVCenter, shown);
}

void BitTable::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  const int row = m_layout->rowAt(event->position().y());
  if (row < 0) return;
  m_state.selectRow(row);
  const int bit = m_layout->bitAt(row, event->position());
  if (bit < 0) return;
  m_bit = bit;
  m_state.toggleBit(row, bit);
  announce();
}

void BitTable::mouseMoveEvent(QMouseEvent* event) {
  const int row = m_layout->rowAt(event->position().y());
  const int bit = m_layout->bitAt(row, event->position());
  setCursor(bit >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
  if (row == m_hoverRow && bit == m_hoverBit) return;
  m_hoverRow = row, m_hoverBit = bit;
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
  announce();
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

QString BitTable::tableText(QChar separator) const {
  const QStringList head{tr("format"), tr("code"), tr("bits"), tr("value"), tr("error")};
  QStringList lines{head.join(separator)};
  for (const FormatRow& row : m_state.rows()) lines << rowText(row).join(separator);
  return lines.join(u'\n') + u'\n';
}

Picture BitTable::picture() const {
  return {tr("%1 in every format").arg(m_state.input().display), provenanceText(m_state), size(),
          [this](QPainter& painter) { paint(painter); }, [this] { return tableText(u',').toUtf8(); }};
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
  copy(tr("Copy value"), QString::fromStdString(core::numeric::exactText(row.value)));
  copy(tr("Copy code"), QString::fromStdString(row.explanation.hex));
  copy(tr("Copy bits"), QString::fromStdString(row.explanation.binary));
  copy(tr("Copy row"), rowText(row).join(u'\t'));
  copy(tr("Copy table"), tableText(u'\t'));
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
  switch (event->key()) {
    case Qt::Key_Left:
      moveHorizontally(-1);
      break;
    case Qt::Key_Right:
      moveHorizontally(1);
      break;
    case Qt::Key_Up:
    case Qt::Key_Down: {
      const int next = row + (event->key() == Qt::Key_Down ? 1 : -1);
      if (next >= 0 && next < m_layout->rowCount()) moveFocusTo(next, m_bit);
      break;
    }
    case Qt::Key_Home:
      moveFocusTo(row, highest);
      break;
    case Qt::Key_End:
      moveFocusTo(row, 0);
      break;
    case Qt::Key_Space:
      m_state.toggleBit(row, m_bit);
      announce();
      break;
    case Qt::Key_0:
    case Qt::Key_1: {
      const bool wanted = event->key() == Qt::Key_1;
      if (((m_state.selected().code >> m_bit) & 1U) != static_cast<unsigned>(wanted)) m_state.toggleBit(row, m_bit);
      moveHorizontally(1);
      break;
    }
    case Qt::Key_Plus:
      m_state.step(row, 1);
      announce();
      break;
    case Qt::Key_Minus:
      m_state.step(row, -1);
      announce();
      break;
    default:
      QWidget::keyPressEvent(event);
  }
}

QString BitTable::toolTipFor(int index, int bit) const {
  const FormatRow& row = m_state.rows()[static_cast<std::size_t>(index)];
  const QString title = QString::fromUtf8(row.format->title.data(), static_cast<qsizetype>(row.format->title.size()));
  return tr("%1 · bit %2 · %3").arg(title).arg(bit).arg(fieldName(fieldOf(*row.format, bit)));
}

void BitTable::announce() {
  const bool set = (m_state.selected().code >> m_bit) & 1U;
  setAccessibleDescription(toolTipFor(m_state.selectedRow(), m_bit) + QStringLiteral(" · ") +
                           (set ? tr("one") : tr("zero")));
  QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
  QAccessible::updateAccessibility(&changed);
}

bool BitTable::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const int row = m_layout->rowAt(help->pos().y()), bit = m_layout->bitAt(row, help->pos());
    if (bit >= 0)
      QToolTip::showText(help->globalPos(), toolTipFor(row, bit), this);
    else
      QToolTip::hideText();
    return true;
  }
  return QWidget::event(event);
}

}  // namespace app
