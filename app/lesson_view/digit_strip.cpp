#include "app/lesson_view/digit_strip.h"

#include <QCoreApplication>
#include <QImage>
#include <QPainter>
#include <algorithm>

#include "app/widgets/theme.h"
#include "core/classic/digit_images.h"

namespace app {

namespace {

constexpr int kSide = static_cast<int>(core::classic::kDigitSide);
constexpr double kLargestCell = 64, kRow = 30, kGap = 12;  // at 100 %

double px(double length) { return length * Theme::instance().zoom() / 100.0; }

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

double DigitStrip::labelWidth(double width) const {
  const QFontMetricsF metrics(Theme::instance().textFont(1));
  double widest = 0;
  for (const Board::Digits::Row& row : m_digits.rows) widest = std::max(widest, metrics.horizontalAdvance(row.label));
  return std::min(widest + px(16), width * 0.4);
}

double DigitStrip::height(double width) const {
  const double cell = std::min(px(kLargestCell), (width - labelWidth(width)) / static_cast<double>(m_digits.count));
  return cell + px(kGap) + px(kRow) * static_cast<double>(m_digits.rows.size());
}

void DigitStrip::paint(QPainter& painter, const QRectF& area) const {
  const double left = labelWidth(area.width());
  const double cell = std::min(px(kLargestCell), (area.width() - left) / static_cast<double>(m_digits.count));
  for (std::uint64_t i = 0; i < m_digits.count; ++i)
    paintImage(painter, {area.left() + left + cell * static_cast<double>(i), area.top(), cell, cell}, i);
  for (std::size_t row = 0; row < m_digits.rows.size(); ++row) {
    const double top = area.top() + cell + px(kGap) / 2 + px(kRow) * static_cast<double>(row);
    paintRow(painter, {area.left(), top, left + cell * static_cast<double>(m_digits.count), px(kRow)}, left, row);
  }
}

void DigitStrip::paintImage(QPainter& painter, const QRectF& cell, std::uint64_t index) const {
  const double margin = cell.width() / 16;
  painter.drawImage(cell.adjusted(margin, margin, -margin, -margin), imageOf(m_digits.first + index));
}

void DigitStrip::paintRow(QPainter& painter, const QRectF& row, double left, std::size_t index) const {
  const Theme& theme = Theme::instance();
  painter.setFont(theme.textFont(1));
  painter.setPen(theme.colors().text);
  const QRectF label(row.left(), row.top(), left - px(16), row.height());
  painter.drawText(label, Qt::AlignVCenter | Qt::AlignRight,
                   painter.fontMetrics().elidedText(m_digits.rows[index].label, Qt::ElideRight,
                                                    static_cast<int>(label.width()) + 1));
  const double cell = (row.width() - left) / static_cast<double>(m_digits.count);
  for (std::uint64_t i = 0; i < m_digits.count; ++i) {
    const QString said = m_names ? QString(QLatin1Char((*m_names)[index][i])) : QStringLiteral("?");
    const bool isWrong = m_names && said.toStdString() != labelOf(m_digits.first + i);
    QFont font = theme.monoFont(1, isWrong ? QFont::Bold : QFont::Normal);
    font.setUnderline(isWrong);
    painter.setFont(font);
    painter.setPen(isWrong ? theme.colors().error : m_names ? theme.colors().text : theme.colors().textFaint);
    painter.drawText(QRectF(row.left() + left + cell * static_cast<double>(i), row.top(), cell, row.height()),
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
