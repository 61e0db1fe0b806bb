#include "app/workspaces/bits/bit_table.h"

#include <QPainter>
#include <cmath>

#include "app/pictures/field_style.h"
#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {

QStringList BitTable::rowText(const FormatRow& row) {
  const QString error = std::isnan(row.error) ? QString() : shortText(row.error);
  return {titleOf(*row.format), QString::fromStdString(row.explanation.hex),
          QString::fromStdString(row.explanation.binary), QString::fromStdString(core::numeric::exactText(row.value)),
          error};
}

BitTable::BitTable(BitsState& state, QWidget* parent) : QWidget(parent), m_state(state) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAccessibleName(tr("Bits of every format"));
  setObjectName(QStringLiteral("bit-table"));
  relayout();
  m_bit = static_cast<int>(m_state.selected().format->bits) - 1;
  connect(&state, &BitsState::rowsChanged, this, [this] {
    relayout();
    updateGeometry();
  });
  connect(&state, &BitsState::changed, this, [this] {
    m_bit = std::min(m_bit, static_cast<int>(m_state.selected().format->bits) - 1);
    update();
  });
  connect(&state, &BitsState::selectedRowChanged, this, [this] {
    m_bit = std::min(m_bit, static_cast<int>(m_state.selected().format->bits) - 1);
    update();
  });
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    relayout();  // the zoom may be another
    updateGeometry();
    update();
  });
}

std::vector<const core::numeric::NumberFormat*> BitTable::formats() const {
  std::vector<const core::numeric::NumberFormat*> result;
  for (const FormatRow& row : m_state.rows()) result.push_back(row.format);
  return result;
}

void BitTable::relayout() {
  m_layout = std::make_unique<BitLayout>(formats(), width(), height(), BitColumns::ofTable());
}

QSize BitTable::sizeHint() const {
  return {static_cast<int>(BitLayout::minimumWidth(BitColumns::ofTable())) + 200,
          static_cast<int>(BitLayout::minimumHeight(formats(), BitColumns::ofTable())) + 60};
}

QSize BitTable::minimumSizeHint() const {
  return {static_cast<int>(BitLayout::minimumWidth(BitColumns::ofTable())),
          static_cast<int>(BitLayout::minimumHeight(formats(), BitColumns::ofTable()))};
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
  const QString title = titleOf(*row.format);
  const double room = m_layout->titleWidth() - 16;  // a format of one's own may say more than there is room for
  painter.drawText(QRectF(12, rect.top(), room, rect.height()), Qt::AlignLeft | Qt::AlignVCenter,
                   painter.fontMetrics().elidedText(title, Qt::ElideRight, static_cast<int>(room)));
  for (int bit = 0; bit < static_cast<int>(row.format->bits); ++bit) paintCell(painter, index, bit);
  paintScale(painter, index);
  paintNumbers(painter, index);
}

void BitTable::paintScale(QPainter& painter, int index) const {
  const Theme& theme = Theme::instance();
  const FormatRow& row = m_state.rows()[static_cast<std::size_t>(index)];
  const bool codeBook = row.format->kind == core::numeric::FormatKind::CodeBook;
  if (!codeBook && !row.format->isInteger()) return;
  const QString scale = scaleShown(m_state, row, 4);
  const auto whole = [](std::int64_t q) { return QString::number(q).replace(u'-', u'−'); };
  const std::int64_t q = row.explanation.integer.value_or(0), zero = row.scale.zeroPoint;
  const QString code = codeBook    ? tr("level %1").arg(text::trimmed(levelOf(row), 5))
                       : zero == 0 ? tr("q = %1").arg(whole(q))
                                   : tr("(q = %1) − (Z = %2)").arg(whole(q), whole(zero));
  const QRectF last = m_layout->row(index).cells[0];
  QRectF place(last.right() + 12, m_layout->row(index).rect.top(), 300, m_layout->row(index).rect.height());
  painter.setFont(theme.textFont(-1));
  painter.setPen(theme.colors().textMuted);
  painter.drawText(place, Qt::AlignLeft | Qt::AlignVCenter, code);
  place.setLeft(place.left() + painter.fontMetrics().horizontalAdvance(code) + 6);
  painter.setPen(theme.colors().scale);
  painter.drawText(place, Qt::AlignLeft | Qt::AlignVCenter,
                   codeBook ? tr("× absmax %1").arg(scale) : tr("× scale %1").arg(scale));
}

void BitTable::paintCell(QPainter& painter, int index, int bit) const {
  const ThemeColors& c = Theme::instance().colors();
  const FormatRow& row = m_state.rows()[static_cast<std::size_t>(index)];
  const QRectF cell = m_layout->row(index).cells[static_cast<std::size_t>(bit)];
  const bool hovered = index == m_hoverRow && bit == m_hoverBit;
  paintBitCell(painter, cell, fieldColor(fieldOf(*row.format, bit)), (row.code >> bit) & 1U,
               hovered ? CellMark::Hovered : CellMark::None);
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
  const QString shown = errorText(row);
  const bool bad = row.decision.overflow || row.decision.noSuchValue || std::fabs(row.relative) > 0.05;
  painter.setPen(shown == tr("exact") ? c.success : bad ? c.error : c.textMuted);
  painter.drawText(error, Qt::AlignRight | Qt::AlignVCenter, shown);
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

QString BitTable::errorText(const FormatRow& row) const {
  if (row.decision.noSuchValue && !row.rounded.isFinite())
    return row.rounded.isNan() ? tr("no NaN") : tr("no infinity");
  if (std::isnan(row.error)) return row.decision.overflow ? tr("overflow") : QStringLiteral("—");
  if (row.decision.underflow) return text::percent(-1, 0);  // even where the error itself is too small for a double
  if (row.isExact()) return tr("exact");
  if (std::isnan(row.relative)) return row.decision.overflow ? tr("overflow") : QStringLiteral("—");
  return text::number(row.relative * 100, 2) + QChar(0x202F) + u'%';
}

}  // namespace app
