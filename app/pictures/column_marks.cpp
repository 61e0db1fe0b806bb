#include "app/pictures/column_marks.h"

#include <QCoreApplication>
#include <algorithm>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr double kHalfWidth = 3.5, kHeight = 5;  // of a triangle
constexpr double kRoomOfLine = 12;               // pixels: closer lines would hide the data
constexpr double kLeastTick = 2, kLongestTick = 8;
}  // namespace

ColumnMarks::ColumnMarks(QCustomPlot* chart) : QCPAbstractItem(chart) {
  setClipToAxisRect(false);  // the triangles stand over the data
  setSelectable(false);
}

QString ColumnMarks::readout(std::uint64_t first, std::uint64_t end) const {
  const auto from = std::lower_bound(m_columns.begin(), m_columns.end(), first,
                                     [](const MarkedColumn& mark, std::uint64_t at) { return mark.column < at; });
  const MarkedColumn* largest = nullptr;
  for (auto at = from; at != m_columns.end() && at->column < end; ++at)
    if (largest == nullptr || at->magnitude > largest->magnitude) largest = &*at;
  if (largest == nullptr) return {};
  return QCoreApplication::translate("ColumnMarks", "; outlier column %1: inputs up to %2")
      .arg(largest->column)
      .arg(text::number(largest->magnitude, 3));
}

double ColumnMarks::selectTest(const QPointF&, bool, QVariant*) const { return -1; }

void ColumnMarks::draw(QCPPainter* painter) {
  const QCPAxisRect* area = parentPlot()->axisRect();
  std::vector<std::pair<double, double>> marks;  // place and magnitude
  double largest = 0;
  for (const MarkedColumn& mark : m_columns) {
    const double x = parentPlot()->xAxis->coordToPixel(static_cast<double>(mark.column));
    if (x < area->left() || x > area->right() + 1) continue;
    marks.emplace_back(x, mark.magnitude);
    largest = std::max(largest, mark.magnitude);
  }
  m_top = std::max<double>(area->top(), pixelOf(m_rows.lower, area->top()));
  m_bottom = std::min<double>(area->bottom(), pixelOf(m_rows.upper, area->bottom()));
  const bool areFew = static_cast<double>(marks.size()) * kRoomOfLine <= area->width();
  for (const auto& [x, magnitude] : marks) areFew ? drawLine(*painter, x) : drawTick(*painter, x, magnitude / largest);
}

double ColumnMarks::pixelOf(double row, int whole) const {
  return m_rows.size() > 0 ? parentPlot()->yAxis->coordToPixel(row) : whole;
}

void ColumnMarks::drawLine(QCPPainter& painter, double x) const {
  const QColor color = Theme::instance().colors().scale;
  QColor line = color;
  line.setAlphaF(0.55F);
  painter.setPen(QPen(line, 1));
  painter.drawLine(QPointF(x, m_top), QPointF(x, m_bottom));
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  painter.drawPolygon(QPolygonF({{x, m_top}, {x - kHalfWidth, m_top - kHeight}, {x + kHalfWidth, m_top - kHeight}}));
}

/// As long as its inputs are large beside the largest.
void ColumnMarks::drawTick(QCPPainter& painter, double x, double share) const {
  painter.setPen(QPen(Theme::instance().colors().scale, 1));
  painter.drawLine(QPointF(x, m_top), QPointF(x, m_top - kLeastTick - share * (kLongestTick - kLeastTick)));
}

}  // namespace app
