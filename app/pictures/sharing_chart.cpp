#include "app/pictures/sharing_chart.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {
namespace {
constexpr double kPointReach = 16;  ///< pixels
constexpr double kClose = 0.05;     ///< of the axis
}  // namespace

SharingChart::SharingChart(QWidget* parent)
    : Chart(parent), m_line(new QCPCurve(xAxis, yAxis)), m_dots(addGraph()), m_chosenDot(addGraph()) {
  setTitle(tr("Error against size, by weights under one scale"));
  setAxisTitles(tr("bits per weight"), tr("relative error, %"));
  for (QCPGraph* graph : {m_dots, m_chosenDot}) graph->setLineStyle(QCPGraph::lsNone);
  applyColors();
}

void SharingChart::setPoints(std::vector<Point> points) {
  m_points = std::move(points);
  m_chosen = -1;
  QVector<double> bits, errors;
  for (const Point& point : m_points) {
    bits << point.bitsPerWeight;
    errors << 100 * point.error;
  }
  m_line->setData(bits, errors);
  m_dots->setData(bits, errors);
  m_chosenDot->data()->clear();
  if (!m_points.empty()) {
    const auto [lowX, highX] = std::minmax_element(bits.begin(), bits.end());
    const auto [lowY, highY] = std::minmax_element(errors.begin(), errors.end());
    const double roomX = std::max(*highX - *lowX, 0.05) * 0.12, roomY = std::max(*highY - *lowY, 1e-6) * 0.18;
    xAxis->setRange(*lowX - roomX, *highX + roomX);
    yAxis->setRange(std::max(0.0, *lowY - roomY), *highY + roomY);
    rememberHome();
  }
  labelPoints();
  replot(QCustomPlot::rpQueuedReplot);
}

void SharingChart::labelPoints() {
  for (QCPItemText* label : m_labels) removeItem(label);
  m_labels.clear();
  for (std::size_t i = 0; i < m_points.size(); ++i) {
    auto* label = new QCPItemText(this);
    // One that stands where the one before does is named with it.
    const auto isNear = [](double a, double b, const QCPRange& range) {
      return std::abs(a - b) < kClose * range.size();
    };
    const bool isHere = i > 0 && isNear(m_points[i].bitsPerWeight, m_points[i - 1].bitsPerWeight, xAxis->range()) &&
                        isNear(100 * m_points[i].error, 100 * m_points[i - 1].error, yAxis->range());
    const bool isSame = i > 0 && m_points[i].label == m_points[i - 1].label;
    if (isHere && !isSame) {
      const QString first = m_labels.back()->text();
      m_labels.back()->setText({});
      label->setText(first.isEmpty() ? m_points[i].label : first + QStringLiteral(", ") + m_points[i].label);
    } else {
      label->setText(isSame ? QString() : m_points[i].label);
    }
    label->position->setCoords(m_points[i].bitsPerWeight, 100 * m_points[i].error);
    // Beside a dot right above the one before it stands at the other side.
    const bool isAbove =
        i > 0 && std::abs(m_points[i].bitsPerWeight - m_points[i - 1].bitsPerWeight) < kClose * xAxis->range().size();
    label->setPositionAlignment((isAbove ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignBottom);
    label->setPadding(QMargins(6, 0, 6, 4));
    m_labels.push_back(label);
  }
  applyColors();
}

void SharingChart::setChosen(int index) {
  m_chosen = index;
  m_chosenDot->data()->clear();
  if (index >= 0 && index < static_cast<int>(m_points.size())) {
    const Point& point = m_points[static_cast<std::size_t>(index)];
    m_chosenDot->addData(point.bitsPerWeight, 100 * point.error);
  }
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
}

void SharingChart::applyColors() {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  m_line->setPen(QPen(mix(c.accent, c.surface, 0.4), 1.4));
  m_dots->setScatterStyle({QCPScatterStyle::ssDisc, QPen(c.accent), QBrush(c.accent), 7});
  m_chosenDot->setScatterStyle({QCPScatterStyle::ssCircle, QPen(c.accent, 2.4), QBrush(c.surface), 13});
  for (std::size_t i = 0; i < m_labels.size(); ++i) {
    const bool isChosen = static_cast<int>(i) == m_chosen;
    m_labels[i]->setColor(isChosen ? c.accent : c.textMuted);
    m_labels[i]->setFont(theme.textFont(-1, isChosen ? QFont::DemiBold : QFont::Normal));
  }
}

int SharingChart::pointAt(QPointF at) const {
  int best = -1;
  double nearest = kPointReach;
  for (std::size_t i = 0; i < m_points.size(); ++i) {
    const double distance = std::hypot(xAxis->coordToPixel(m_points[i].bitsPerWeight) - xAxis->coordToPixel(at.x()),
                                       yAxis->coordToPixel(100 * m_points[i].error) - yAxis->coordToPixel(at.y()));
    if (distance < nearest) nearest = distance, best = static_cast<int>(i);
  }
  return best;
}

void SharingChart::clickedAt(QPointF at) {
  if (const int point = pointAt(at); point >= 0) Q_EMIT pointChosen(point);
}

std::optional<QString> SharingChart::readout(QPointF at) const {
  const int index = pointAt(at);
  if (index < 0) return std::nullopt;
  const Point& point = m_points[static_cast<std::size_t>(index)];
  return tr("%1 under one scale: %2, error %3")
      .arg(point.label, text::bitsPerWeight(point.bitsPerWeight), text::percent(point.error, 2));
}

ChartTable SharingChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("under_one_scale"), QStringLiteral("bits_per_weight"),
                    QStringLiteral("relative_error")};
  for (const Point& point : m_points) {
    result.rowLabels << point.label;
    result.rows.push_back({point.bitsPerWeight, point.error});
  }
  return result;
}

}  // namespace app
