#include "app/pictures/layer_scale.h"

#include <QLocale>
#include <QStringList>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/pictures/metric_text.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "app/widgets/theme.h"

namespace app {

using text::tr;

using core::metrics::Metric;

namespace {

constexpr double kDbPerDecade = 10;

/// Viridis (van der Walt and Smith, 2015): perceptually uniform, readable without colour vision.
QColor viridis(double place) {
  constexpr QRgb kStops[] = {0xFF440154, 0xFF482878, 0xFF3E4A89, 0xFF31688E, 0xFF26828E,
                             0xFF1F9E89, 0xFF35B779, 0xFF6DCD59, 0xFFB4DE2C, 0xFFFDE725};
  constexpr int kLast = static_cast<int>(std::size(kStops)) - 1;
  const double at = std::clamp(place, 0.0, 1.0) * kLast;
  const int below = std::min(static_cast<int>(at), kLast - 1);
  return mix(QColor(kStops[below]), QColor(kStops[below + 1]), at - below);
}

/// Blue for less error than usual, vermillion for more, the ground's grey between (Okabe–Ito).
QColor diverging(double place) {
  const QColor middle = Theme::instance().isDark() ? QColor(0x3A, 0x3D, 0x42) : QColor(0xE9, 0xEA, 0xEC);
  const double from = 2 * std::clamp(place, 0.0, 1.0) - 1;
  return mix(middle, from < 0 ? QColor(0x00, 0x72, 0xB2) : QColor(0xD5, 0x5E, 0x00), std::abs(from));
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Value of a metric from its badness.
double valueOf(Metric metric, double badness) {
  if (metric == Metric::SqnrDb) return -kDbPerDecade * badness;
  return metric == Metric::Cosine ? 1 - std::pow(10, badness) : std::pow(10, badness);
}

/// A distance from the median: decibels, or how many times the error.
QString distance(Metric metric, double badness) {
  if (metric == Metric::SqnrDb) {
    const double db = std::round(-kDbPerDecade * badness * 10) / 10 + 0.0;  // no −0.0
    return (db > 0 ? QStringLiteral("+") : QString()) + QLocale().toString(db, 'f', 1).replace(u'-', QChar(0x2212));
  }
  return QChar(0x00D7) + text::number(std::pow(10, badness), 3);
}

}  // namespace

double LayerScale::badness(Metric metric, double value) {
  if (metric == Metric::SqnrDb) return -value / kDbPerDecade;
  const double error = metric == Metric::Cosine ? 1 - value : value;
  return error > 0 ? std::log10(error) : -std::numeric_limits<double>::infinity();
}

LayerScale::LayerScale(Metric metric, LayerShading shading, const std::vector<std::vector<double>>& values)
    : m_metric(metric), m_shading(shading) {
  bool any = false;
  for (const auto& ofScheme : values) {
    std::vector<double> errors;
    for (const double value : ofScheme)
      if (const double error = badness(metric, value); std::isfinite(error)) errors.push_back(error);
    Range range;
    if (!errors.empty()) {
      const auto [low, high] = std::minmax_element(errors.begin(), errors.end());
      range = {*low, *high, median(errors)};
      m_all.low = any ? std::min(m_all.low, range.low) : range.low;
      m_all.high = any ? std::max(m_all.high, range.high) : range.high;
      m_spread = std::max({m_spread, range.high - range.median, range.median - range.low});
      any = true;
    }
    m_ranges.push_back(range);
  }
}

double LayerScale::placeOf(std::size_t scheme, double value) const {
  const double error = badness(m_metric, value);
  if (!std::isfinite(error)) return error < 0 ? 0 : 1;
  if (m_shading == LayerShading::FromMedian)
    return m_spread > 0 ? 0.5 + 0.5 * (error - m_ranges[scheme].median) / m_spread : 0.5;
  const Range& range = m_shading == LayerShading::Shared ? m_all : m_ranges[scheme];
  return range.high > range.low ? (error - range.low) / (range.high - range.low) : 0.5;
}

QColor LayerScale::belowZero() { return {0xCC, 0x79, 0xA7}; }

QColor LayerScale::color(std::size_t scheme, double value) const {
  if (m_metric == Metric::MeasuredKl && value < 0) return belowZero();
  return colorAt(placeOf(scheme, value));
}

QColor LayerScale::colorAt(double place) const {
  return m_shading == LayerShading::FromMedian ? diverging(place) : viridis(place);
}

QString LayerScale::figure(std::size_t scheme, double value) const {
  const double error = badness(m_metric, value);
  if (m_shading != LayerShading::FromMedian || !std::isfinite(error)) return metricFigure(m_metric, value);
  return distance(m_metric, error - m_ranges[scheme].median);
}

QStringList LayerScale::labels() const {
  switch (m_shading) {
    case LayerShading::PerScheme:
      return {tr("the scheme's smallest error"), tr("its largest")};
    case LayerShading::FromMedian:
      return {tr("%1, less error").arg(distance(m_metric, -m_spread)), tr("the scheme's median"),
              tr("%1, more error").arg(distance(m_metric, m_spread))};
    case LayerShading::Shared: {
      QStringList texts;
      constexpr int kSteps = 4;
      for (int i = 0; i <= kSteps; ++i)
        texts << metricFigure(m_metric, valueOf(m_metric, m_all.low + (m_all.high - m_all.low) * i / kSteps));
      return texts;
    }
  }
  return {};
}

}  // namespace app
