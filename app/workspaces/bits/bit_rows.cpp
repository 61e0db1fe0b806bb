#include "app/workspaces/bits/bit_rows.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "app/pictures/field_style.h"
#include "app/selection/bits_state.h"
#include "app/widgets/theme.h"
#include "core/numeric/codec.h"

namespace app {
namespace {
constexpr int kMostMantissaCells = 26;
}

BitRows::BitRows(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  relayout();
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    relayout();
    updateGeometry();
    update();
  });
}

BitColumns BitRows::columns() const {
  BitColumns columns;
  columns.exponent = columns.mantissa = 1;
  for (const Row& row : m_rows) {
    columns.exponent = std::max(columns.exponent, static_cast<int>(row.format->exponentBits));
    // Codes without fields start where mantissas start.
    const auto mantissa = row.format->exponentBits > 0 ? row.format->mantissaBits : row.format->bits;
    columns.mantissa = std::max(columns.mantissa, std::min(kMostMantissaCells, static_cast<int>(mantissa)));
  }
  const QFontMetricsF title(Theme::instance().textFont()), number(Theme::instance().monoFont(-0.5)),
      note(Theme::instance().textFont(-1));
  columns.titleWidth = 60, columns.valueWidth = 60, columns.errorWidth = 10;
  for (const Row& row : m_rows) {
    columns.titleWidth = std::max(columns.titleWidth, title.horizontalAdvance(row.title) + 14);
    columns.valueWidth = std::max(columns.valueWidth, number.horizontalAdvance(row.value) + 10);
    columns.errorWidth = std::max(columns.errorWidth, note.horizontalAdvance(row.note) + 14);
  }
  columns.smallestCell = 7.5;
  columns.largestCell = 18;
  columns.hasHeader = columns.sharesRest = false;
  return columns;
}

std::vector<const core::numeric::NumberFormat*> BitRows::formats() const {
  std::vector<const core::numeric::NumberFormat*> result;
  for (const Row& row : m_rows) result.push_back(row.format);
  return result;
}

void BitRows::relayout() { m_layout = std::make_unique<BitLayout>(formats(), width(), 0, columns()); }

void BitRows::setRows(std::vector<Row> rows) {
  m_rows = std::move(rows);
  relayout();
  updateGeometry();
  update();
}

QSize BitRows::sizeHint() const {
  return {static_cast<int>(BitLayout::minimumWidth(columns())) + 120,
          static_cast<int>(std::ceil(BitLayout::minimumHeight(formats(), columns()))) + 2};
}

QSize BitRows::minimumSizeHint() const {
  return {static_cast<int>(BitLayout::minimumWidth(columns())), sizeHint().height()};
}

void BitRows::resizeEvent(QResizeEvent*) { relayout(); }

void BitRows::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  for (std::size_t row = 0; row < m_rows.size(); ++row) paintRow(painter, row);
}

void BitRows::paintRow(QPainter& painter, std::size_t index) const {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  const Row& row = m_rows[index];
  const BitLayout::RowGeometry& place = m_layout->row(static_cast<int>(index));
  painter.setFont(theme.textFont());
  painter.setPen(c.text);
  painter.drawText(QRectF(0, place.rect.top(), m_layout->titleWidth() - 6, place.rect.height()),
                   Qt::AlignLeft | Qt::AlignVCenter, row.title);
  for (int bit = 0; bit < static_cast<int>(row.format->bits); ++bit) {
    const auto is = [bit](std::uint64_t mask) { return ((mask >> bit) & 1U) != 0; };
    const CellMark mark = is(row.cut) ? CellMark::Cut : is(row.changed) ? CellMark::Changed : CellMark::None;
    paintBitCell(painter, place.cells[static_cast<std::size_t>(bit)], fieldColor(fieldOf(*row.format, bit)),
                 is(row.code), mark);
  }
  const QRectF value(m_layout->valueLeft(), place.rect.top(), m_layout->valueWidth(), place.rect.height());
  painter.setFont(theme.monoFont(-0.5));
  painter.setPen(c.text);
  painter.drawText(value, Qt::AlignRight | Qt::AlignVCenter, row.value);
  painter.setFont(theme.textFont(-1));
  painter.setPen(row.isBad ? c.error : c.textMuted);
  painter.drawText(QRectF(value.right() + 12, place.rect.top(), m_layout->errorWidth(), place.rect.height()),
                   Qt::AlignLeft | Qt::AlignVCenter, row.note);
}

AccessiblePart BitRows::part(int index) const {
  const Row& row = m_rows[static_cast<std::size_t>(index)];
  AccessiblePart part;
  part.name = QStringLiteral("%1: %2").arg(row.title, row.value);
  part.description = row.note;
  part.value =
      QString::number(static_cast<qulonglong>(row.code), 2).rightJustified(static_cast<int>(row.format->bits), u'0');
  part.rect = m_layout->row(index).rect.toRect();
  part.role = QAccessible::ListItem;
  return part;
}

std::uint64_t bitsCutOff(const core::numeric::NumberFormat& from, std::uint64_t code,
                         const core::numeric::NumberFormat& to, std::uint64_t truncatedCode) {
  if (from.kind != core::numeric::FormatKind::Float || to.kind != core::numeric::FormatKind::Float) return 0;
  const double kept = core::numeric::ulp(to, truncatedCode), has = core::numeric::ulp(from, code);
  if (!(kept > 0) || !(has > 0) || !std::isfinite(kept)) return 0;
  const int places = std::clamp(std::ilogb(kept) - std::ilogb(has), 0, static_cast<int>(from.mantissaBits));
  return (std::uint64_t{1} << places) - 1;
}

}  // namespace app
