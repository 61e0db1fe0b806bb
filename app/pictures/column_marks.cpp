#include "app/pictures/column_marks.h"

#include <QCoreApplication>
#include <algorithm>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr double kHalfWidth = 3.5, kHeight = 5;  // of a triangle
}

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
  const QColor color = Theme::instance().colors().scale;
  QColor line = color;
  line.setAlphaF(0.55F);
  for (const MarkedColumn& mark : m_columns) {
    const double x = parentPlot()->xAxis->coordToPixel(static_cast<double>(mark.column));
    if (x < area->left() || x > area->right() + 1) continue;
    painter->setPen(QPen(line, 1));
    painter->drawLine(QPointF(x, area->top()), QPointF(x, area->bottom()));
    painter->setPen(Qt::NoPen);
    painter->setBrush(color);
    const double tip = area->top();
    painter->drawPolygon(QPolygonF({{x, tip}, {x - kHalfWidth, tip - kHeight}, {x + kHalfWidth, tip - kHeight}}));
  }
}

}  // namespace app
