#include "app/pictures/metric_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <cmath>

#include "app/text/estimates.h"
#include "app/text/numbers.h"

namespace app {

using core::metrics::Metric;

QString metricTitle(Metric metric) {
  switch (metric) {
    case Metric::SqnrDb:
      return QCoreApplication::translate("Metrics", "SQNR (dB)");
    case Metric::RelativeError:
      return QCoreApplication::translate("Metrics", "Relative error");
    case Metric::Mse:
      return QCoreApplication::translate("Metrics", "MSE");
    case Metric::Cosine:
      return QCoreApplication::translate("Metrics", "Cosine similarity");
    case Metric::MaxAbsError:
      return QCoreApplication::translate("Metrics", "Largest error");
    case Metric::OutputError:
      return QCoreApplication::translate("Metrics", "Output error");
    case Metric::MeasuredKl:
      return QCoreApplication::translate("Metrics", "KL divergence (nats per token)");
  }
  return {};
}

QString metricValue(Metric metric, double value) {
  if (std::isnan(value)) return QStringLiteral("–");  // there was nothing to compare
  switch (metric) {
    case Metric::SqnrDb:
      return text::decibel(value);
    case Metric::RelativeError:
    case Metric::OutputError:
      return text::percent(value, value < 0.001 ? 4 : 2);
    case Metric::Cosine:
      return text::number(value, 6);
    case Metric::Mse:
    case Metric::MaxAbsError:
    case Metric::MeasuredKl:
      return text::number(value, 3);
  }
  return {};
}

QString metricValue(Metric metric, double value, double error) {
  if (metric == Metric::MeasuredKl)
    return QCoreApplication::translate("Metrics", "%1 nats per token").arg(text::estimate({value, error}));
  if (!std::isfinite(error)) return metricValue(metric, value);
  const bool isPercent = metric == Metric::RelativeError || metric == Metric::OutputError;
  return QStringLiteral("%1 ± %2").arg(
      metricValue(metric, value), isPercent ? text::percent(error, value < 0.001 ? 4 : 2) : metricValue(metric, error));
}

QString metricFigure(Metric metric, double value) {
  if (metric != Metric::SqnrDb) return metricValue(metric, value);
  if (std::isnan(value)) return QStringLiteral("–");
  return std::isfinite(value) ? QLocale().toString(value, 'f', 2) : text::number(value);
}

bool largerIsBetter(Metric metric) { return metric == Metric::SqnrDb || metric == Metric::Cosine; }

}  // namespace app
