#include "app/lesson_view/digit_strip.h"

#include <QCoreApplication>
#include <QImage>
#include <QPainter>
#include <algorithm>

#include "app/widgets/theme.h"
#include "app/widgets/zoomed_length.h"
#include "core/classic/digit_images.h"

namespace app {

namespace {

constexpr int kSide = static_cast<int>(core::classic::kDigitSide);
constexpr double kLargestCell = 72, kLeastBesideLabels = 56, kRow = 30, kGap = 12;  // at 100 %

QImage imageOf(std::uint64_t index) {
  const auto digit = core::classic::drawDigit(core::classic::kHeldOutSeed, index);
  QImage image(kSide, kSide, QImage::Format_Grayscale8);
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x)
      image.scanLine(y)[x] = static_cast<uchar>(255 - digit.pixels[static_cast<std::size_t>(y * kSide + x)]);
  return image;
}

std::string labelOf(std::uint64_t index) {
  return std::to_string(core::classic::drawDigit(core::classic::kHeldOutSeed, index).label);
}

}  // namespace

DigitStrip::Places DigitStrip::placesIn(double width) const {
  const QFontMetricsF metrics(Theme::instance().textFont(1));
  double widest = 0;
  for (const Board::Digits::Row& row : m_digits.rows) widest = std::max(widest, metrics.horizontalAdvance(row.label));
  const double label = std::min(widest + px(16), width * 0.4), count = static_cast<double>(m_digits.count);
  const bool above = (width - label) / count < px(kLeastBesideLabels);
  const double left = above ? 0 : label;
  return {above, left, std::min(px(kLargestCell), (width - left) / count), above ? 1.8 * px(kRow) : px(kRow)};
}

double DigitStrip::height(double width) const {
  const Places places = placesIn(width);
  return places.cell + px(kGap) + places.row * static_cast<double>(m_digits.rows.size());
}

void DigitStrip::paint(QPainter& painter, const QRectF& area) const {
  const Places places = placesIn(area.width());
  const double cell = places.cell;
  for (std::uint64_t i = 0; i < m_digits.count; ++i)
    paintImage(painter, {area.left() + places.left + cell * static_cast<double>(i), area.top(), cell, cell}, i);
  for (std::size_t row = 0; row < m_digits.rows.size(); ++row)
    paintRow(painter, {area.left(), area.top() + cell + px(kGap) / 2 + places.row * static_cast<double>(row)}, places,
             row);
}

void DigitStrip::paintImage(QPainter& painter, const QRectF& cell, std::uint64_t index) const {
  const double margin = cell.width() / 16;
  painter.drawImage(cell.adjusted(margin, margin, -margin, -margin), imageOf(m_digits.first + index));
}

void DigitStrip::paintRow(QPainter& painter, QPointF corner, const Places& places, std::size_t index) const {
  const Theme& theme = Theme::instance();
  painter.setFont(theme.textFont(1));
  painter.setPen(theme.colors().text);
  const double line = px(kRow);
  const QRectF label = places.labelsAbove
                           ? QRectF(corner, QSizeF(places.cell * static_cast<double>(m_digits.count), line))
                           : QRectF(corner, QSizeF(places.left - px(16), line));
  painter.drawText(label, Qt::AlignVCenter | (places.labelsAbove ? Qt::AlignLeft : Qt::AlignRight),
                   painter.fontMetrics().elidedText(m_digits.rows[index].label, Qt::ElideRight,
                                                    static_cast<int>(label.width()) + 1));
  const double top = places.labelsAbove ? corner.y() + places.row - line : corner.y();
  for (std::uint64_t i = 0; i < m_digits.count; ++i) {
    const QString said = m_names ? QString(QLatin1Char((*m_names)[index][i])) : QStringLiteral("?");
    const bool isWrong = m_names && said.toStdString() != labelOf(m_digits.first + i);
    QFont font = theme.monoFont(1, isWrong ? QFont::Bold : QFont::Normal);
    font.setUnderline(isWrong);
    painter.setFont(font);
    painter.setPen(isWrong ? theme.colors().error : m_names ? theme.colors().text : theme.colors().textFaint);
    painter.drawText(QRectF(corner.x() + places.left + places.cell * static_cast<double>(i), top, places.cell, line),
                     Qt::AlignCenter, said);
  }
}

QStringList DigitStrip::lines() const {
  QStringList lines;
  for (std::size_t row = 0; row < m_digits.rows.size(); ++row) {
    const QString& label = m_digits.rows[row].label;
    if (!m_names) {
      lines << label + QStringLiteral(": ?");
      continue;
    }
    int right = 0;
    for (std::uint64_t i = 0; i < m_digits.count; ++i)
      if (std::string(1, (*m_names)[row][i]) == labelOf(m_digits.first + i)) ++right;
    lines << QCoreApplication::translate("lessons", "%1: %2 of %3 right").arg(label).arg(right).arg(m_digits.count);
  }
  return lines;
}

}  // namespace app
