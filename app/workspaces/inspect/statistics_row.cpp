#include "app/workspaces/inspect/statistics_row.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

StatisticsRow::StatisticsRow(QWidget* parent) : QWidget(parent) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kThree);
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
  const QString texts[] = {
      stats ? text::number(stats->min) : QString(),         stats ? text::number(stats->max) : QString(),
      stats ? text::number(stats->mean, 3) : QString(),     stats ? text::number(stats->standardDeviation) : QString(),
      stats ? text::number(stats->kurtosis, 3) : QString(), stats ? text::count(stats->outliers6Sigma) : QString(),
      stats ? text::count(stats->zeros) : QString(),
      stats ? text::count(stats->count - stats->finite) : QString(),
  };
  for (std::size_t i = 0; i < m_values.size(); ++i)
    m_values[i]->setText(stats ? texts[i] : problem.isEmpty() ? QStringLiteral("…") : QStringLiteral("–"));
}

}  // namespace app
