#include "app/pictures/block_bytes.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "app/pictures/block_field_style.h"
#include "app/plots/readout.h"
#include "app/widgets/cell_keys.h"
#include "app/widgets/theme.h"

namespace app {

using core::quant::BlockField;

/// Sizes that follow the font, and how many bytes stand in a line.
struct BlockBytes::Metrics {
  double bit, bitHeight, hexHeight, markHeight, gap;
  std::uint32_t perLine;
  double byteWidth() const { return 8 * bit + gap; }
  double lineHeight() const { return hexHeight + bitHeight + markHeight + space::kHalf; }
};

BlockBytes::BlockBytes(QWidget* parent) : QWidget(parent), m_readout(new Readout(this)) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAccessibleName(tr("Bytes of the block"));
  m_readout->hide();
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

BlockBytes::Metrics BlockBytes::metrics(int width) const {
  const QFontMetricsF digits(Theme::instance().monoFont(-2));
  Metrics m{};
  m.bit = std::ceil(digits.horizontalAdvance(u'0')) + 2;
  m.bitHeight = std::ceil(digits.height()) + 1;
  m.hexHeight = m.bitHeight;
  m.markHeight = m.bitHeight;
  m.gap = space::kOne;
  const double fit = (width + m.gap) / m.byteWidth();
  m.perLine = static_cast<std::uint32_t>(std::max(1.0, fit));
  // Multiples of four are easier to count.
  if (m.perLine > 8) m.perLine -= m.perLine % 4;
  return m;
}

std::uint32_t BlockBytes::shownBytes() const {
  return std::min<std::uint32_t>(static_cast<std::uint32_t>(m_bytes.size()), kMostBytes);
}

void BlockBytes::setBlock(core::quant::BlockFields fields, std::vector<std::byte> bytes) {
  const bool sameSize = bytes.size() == m_bytes.size();
  m_fields = std::move(fields);
  m_bytes = std::move(bytes);
  if (m_bit >= static_cast<int>(8 * shownBytes())) m_bit = -1;
  if (!sameSize) updateGeometry();
  update();
}

void BlockBytes::setChosenValue(int value) {
  m_value = value;
  update();
}

QString BlockBytes::chosenText() const {
  return m_bit < 0 ? QString() : blockFieldText(fieldAt(static_cast<std::uint32_t>(m_bit)), m_bytes);
}

QString BlockBytes::legendText() const {
  QStringList entries;
  for (const BlockField& field : m_fields.fields) {
    const QString entry = blockFieldLetter(field.role) + u' ' + blockFieldName(field.role);
    if (!entries.contains(entry)) entries << entry;
  }
  return entries.join(QStringLiteral("  ·  "));
}

QSize BlockBytes::sizeHint() const { return {600, heightForWidth(600)}; }
QSize BlockBytes::minimumSizeHint() const {
  const Metrics m = metrics(1);
  return {static_cast<int>(4 * m.byteWidth()), static_cast<int>(m.lineHeight())};
}

int BlockBytes::heightForWidth(int width) const {
  const Metrics m = metrics(width);
  const std::uint32_t lines = (shownBytes() + m.perLine - 1) / m.perLine;
  return static_cast<int>(std::max(1U, lines) * m.lineHeight());
}

QRectF BlockBytes::bitRect(std::uint32_t bit) const {
  const Metrics m = metrics(width());
  const std::uint32_t byte = bit / 8, line = byte / m.perLine, column = byte % m.perLine;
  // The highest bit stands at the left, as people write numbers.
  return {column * m.byteWidth() + (7 - bit % 8) * m.bit, line * m.lineHeight() + m.hexHeight, m.bit, m.bitHeight};
}

int BlockBytes::bitAt(QPointF point) const {
  const Metrics m = metrics(width());
  const auto line = static_cast<std::uint32_t>(std::max(0.0, point.y()) / m.lineHeight());
  const auto column = static_cast<std::uint32_t>(std::max(0.0, point.x()) / m.byteWidth());
  const std::uint32_t byte = line * m.perLine + column;
  const double within = point.x() - column * m.byteWidth();
  if (column >= m.perLine || byte >= shownBytes() || within < 0 || within >= 8 * m.bit) return -1;
  return static_cast<int>(byte * 8 + 7 - static_cast<std::uint32_t>(within / m.bit));
}

void BlockBytes::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  const Metrics m = metrics(width());
  for (std::uint32_t byte = 0; byte < shownBytes(); ++byte)
    if (event->rect().intersects(bitRect(8 * byte).adjusted(-8 * m.bit, -m.hexHeight, m.bit, m.markHeight).toRect()))
      paintByte(painter, byte);
  if (!hasFocus()) return;
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(Theme::instance().colors().accent, 1.6));
  painter.drawRect(m_bit >= 0 ? bitRect(static_cast<std::uint32_t>(m_bit)).adjusted(-1, -1, 1, 1)
                              : QRectF(rect()).adjusted(1, 1, -1, -1));
}

void BlockBytes::paintByte(QPainter& painter, std::uint32_t byte) const {
  const Theme& theme = Theme::instance();
  const Metrics m = metrics(width());
  const QRectF first = bitRect(8 * byte + 7);
  painter.setFont(theme.monoFont(-2));
  painter.setPen(theme.colors().textMuted);
  const auto value = std::to_integer<unsigned>(m_bytes[byte]);
  painter.drawText(QRectF(first.left(), first.top() - m.hexHeight, 8 * m.bit, m.hexHeight),
                   Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("%1").arg(value, 2, 16, QLatin1Char('0')));
  painter.setPen(theme.colors().textFaint);
  painter.drawText(QRectF(first.left(), first.top() - m.hexHeight, 8 * m.bit, m.hexHeight),
                   Qt::AlignRight | Qt::AlignVCenter, QString::number(byte));
  for (std::uint32_t bit = 8 * byte; bit < 8 * byte + 8; ++bit) paintBit(painter, bit);
}

void BlockBytes::paintBit(QPainter& painter, std::uint32_t bit) const {
  const ThemeColors& c = Theme::instance().colors();
  const QRectF rect = bitRect(bit);
  const BlockField& field = fieldAt(bit);
  const QColor ink = blockFieldColor(field.role);
  const bool isSet = (std::to_integer<unsigned>(m_bytes[bit / 8]) >> (bit % 8) & 1U) != 0;
  const bool isChosen = m_value >= 0 && field.speaksOf(static_cast<std::uint32_t>(m_value));
  painter.fillRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), mix(ink, c.surface, isChosen ? 0.55 : 0.86));
  painter.setPen(isChosen ? c.text : ink);
  painter.drawText(rect, Qt::AlignCenter, isSet ? QStringLiteral("1") : QStringLiteral("0"));
  // A line below every field, broken where another field begins, and the letter at its highest bit of the byte.
  const std::uint32_t own = m_fields.fieldOfBit[bit];
  const bool begins = bit % 8 == 7 || m_fields.fieldOfBit[bit + 1] != own;
  painter.setPen(QPen(ink, isChosen ? 3 : 1.5));
  painter.drawLine(QPointF(rect.left() + (begins ? 1.5 : 0), rect.bottom() + 1.5),
                   QPointF(rect.right(), rect.bottom() + 1.5));
  if (!begins) return;
  painter.setPen(ink);
  painter.drawText(QRectF(rect.left(), rect.bottom() + 2, 3 * rect.width(), rect.height()),
                   Qt::AlignLeft | Qt::AlignTop, blockFieldLetter(field.role));
}

void BlockBytes::choose(std::uint32_t bit) {
  if (m_bit == static_cast<int>(bit)) return;
  m_bit = static_cast<int>(bit);
  setAccessibleDescription(chosenText());
  announce(*this, QAccessible::Focus, focusedPart());
  update();
  Q_EMIT bitChosen(bit);
  const BlockField& field = fieldAt(bit);
  if (field.valueCount == 1) Q_EMIT valueChosen(static_cast<int>(field.firstValue));
}

AccessiblePart BlockBytes::part(int index) const {
  const auto bit = static_cast<std::uint32_t>(placeOf(index));
  AccessiblePart part;
  part.name = tr("Byte %1, bit %2: %3").arg(bit / 8).arg(bit % 8).arg(blockFieldText(fieldAt(bit), m_bytes));
  part.role = QAccessible::CheckBox;
  part.pressable = part.checkable = true;
  part.checked = (std::to_integer<unsigned>(m_bytes[bit / 8]) >> (bit % 8) & 1U) != 0;
  part.value = part.checked ? QStringLiteral("1") : QStringLiteral("0");
  part.rect = bitRect(bit).toRect();
  return part;
}

void BlockBytes::pressPart(int index) {
  const auto bit = static_cast<std::uint32_t>(placeOf(index));
  choose(bit);
  Q_EMIT bitClicked(bit);
}

void BlockBytes::mouseMoveEvent(QMouseEvent* event) {
  const int bit = bitAt(event->position());
  if (bit < 0) return m_readout->hide();
  m_readout->showAt(event->position(), blockFieldText(fieldAt(static_cast<std::uint32_t>(bit)), m_bytes));
}

void BlockBytes::mousePressEvent(QMouseEvent* event) {
  const int bit = bitAt(event->position());
  if (bit < 0 || event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
  choose(static_cast<std::uint32_t>(bit));
  Q_EMIT bitClicked(static_cast<quint32>(bit));
}

void BlockBytes::leaveEvent(QEvent* event) {
  m_readout->hide();
  QWidget::leaveEvent(event);
}

void BlockBytes::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (event->size().width() != event->oldSize().width()) updateGeometry();
}

void BlockBytes::keyPressEvent(QKeyEvent* event) {
  const int count = 8 * static_cast<int>(shownBytes()), line = 8 * static_cast<int>(metrics(width()).perLine);
  const bool presses = event->key() == Qt::Key_Space || event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (presses && m_bit >= 0) return Q_EMIT bitClicked(static_cast<quint32>(m_bit));
  // Bits are drawn from the highest to the lowest: one to the right is the next lower one of the byte.
  const auto mirrored = [](int bit) { return bit / 8 * 8 + 7 - bit % 8; };
  const auto next = cellAfterKey(event->key(), mirrored(std::max(0, m_bit)), line, count);
  if (!next || count == 0) return QWidget::keyPressEvent(event);
  choose(static_cast<std::uint32_t>(m_bit < 0 ? mirrored(0) : mirrored(*next)));  // the first key: the first bit
}

}  // namespace app
