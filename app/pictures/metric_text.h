#pragma once
#include <QString>

#include "core/metrics/error_stats.h"

namespace app {

/// What people call a metric, with its unit, and how its values read.
QString metricTitle(core::metrics::Metric metric);
QString metricValue(core::metrics::Metric metric, double value);
/// With its standard error where that is a number: "0.0123 ± 0.0004 nats per token".
QString metricValue(core::metrics::Metric metric, double value, double error);
/// As metricValue(), without the unit of the title: for cells and bars of a chart that names the metric.
QString metricFigure(core::metrics::Metric metric, double value);
/// Whether a larger value means a smaller error (SQNR, cosine).
bool largerIsBetter(core::metrics::Metric metric);

}  // namespace app
