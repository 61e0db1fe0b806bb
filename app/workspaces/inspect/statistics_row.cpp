#include "app/workspaces/inspect/statistics_row.h"

#include <QHBoxLayout>
#include <QVBoxLayout>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

/// NaN: no finite value has it.
QString figure(double value, int digits) {
  return std::isnan(value) ? QStringLiteral("–") : text::number(value, digits);
}

/// "2, first [3, 17]"
QString located(const core::metrics::NonFinite& values) {
  const QString count = text::count(values.count());
  return values.first
             ? StatisticsRow::tr("%1, first [%2, %3]").arg(count).arg(values.first->row).arg(values.first->column)
             : count;
}

}  // namespace

StatisticsRow::StatisticsRow(QWidget* parent) : QWidget(parent) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kTwo);
  const std::pair<QString, QString> tiles[] = {
      {tr("min"), tr("Smallest weight")},
      {tr("max"), tr("Largest weight")},
      {tr("mean"), tr("Mean of the weights")},
      {tr("σ"), tr("Standard deviation")},
      {tr("kurtosis"), tr("3 for a Gaussian; more means heavier tails")},
      {tr("beyond 6σ"), tr("Weights farther than six standard deviations from the mean")},
      {tr("zeros"), tr("Weights that are exactly zero")},
      {tr("NaN, ∞"), tr("Values that are no numbers: no other figure here takes them")},
  };
  for (const auto& [name, help] : tiles) {
    auto* tile = new QVBoxLayout;
    tile->setSpacing(0);
    auto* caption = new Label(Label::Style::Hint, name);
    auto* value = new Label(Label::Style::Number, QStringLiteral("…"));
    value->setAccessibleName(name);
    caption->setToolTip(help);
    value->setToolTip(help);
    tile->addWidget(caption);
    tile->addWidget(value);
    row->addLayout(tile);
    m_values.push_back(value);
  }
  row->addStretch(1);
}

void StatisticsRow::setStatistics(const core::metrics::TensorStats* stats, const QString& problem) {
  if (stats == nullptr) {
    for (Label* value : m_values) value->setText(problem.isEmpty() ? QStringLiteral("…") : QStringLiteral("–"));
    return;
  }
  const QString texts[] = {figure(stats->min, 4),      figure(stats->max, 4),
                           figure(stats->mean, 3),     figure(stats->standardDeviation, 4),
                           figure(stats->kurtosis, 3), text::count(stats->outliers6Sigma),
                           text::count(stats->zeros),  located(stats->nonFinite)};
  for (std::size_t i = 0; i < m_values.size(); ++i) m_values[i]->setText(texts[i]);
}

}  // namespace app
