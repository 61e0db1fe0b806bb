#include "app/workspaces/layers/layers_header.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QSettings>
#include <QToolButton>
#include <algorithm>
#include <tuple>

#include "app/pictures/metric_text.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

using core::metrics::Metric;

namespace {

const QString kMeasureSetting = QStringLiteral("measure"), kMetricKey = QStringLiteral("metric"),
              kShadingKey = QStringLiteral("shading");

const std::pair<LayerMeasure, const char*> kWords[] = {
    {LayerMeasure::Weights, "weights"}, {LayerMeasure::Outputs, "outputs"}, {LayerMeasure::Measured, "measured"}};

void choose(QComboBox& box, int index) { box.setCurrentIndex(std::clamp(index, 0, box.count() - 1)); }

}  // namespace

QString wordOf(LayerMeasure measure) {
  const auto* const found = std::ranges::find(kWords, measure, &std::pair<LayerMeasure, const char*>::first);
  return QLatin1String(found->second);
}

std::optional<LayerMeasure> layerMeasureOf(const QString& word) {
  for (const auto& [measure, name] : kWords)
    if (word == QLatin1String(name)) return measure;
  return std::nullopt;
}

LayersHeader::LayersHeader(QWidget* parent)
    : QWidget(parent),
      m_measures(new QButtonGroup(this)),
      m_metric(new QComboBox),
      m_shading(new QComboBox),
      m_summary(new Label(Label::Style::Muted)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  row->addWidget(new Label(Label::Style::Title, tr("Layers")));
  row->addSpacing(space::kOne);
  row->addWidget(buildSwitch());
  row->addSpacing(space::kHalf);
  m_summary->setObjectName(QStringLiteral("layers-summary"));
  m_summary->setElide(Qt::ElideRight);
  row->addWidget(m_summary, 1);
  buildShadings();
  row->addWidget(m_shading);
  buildMetrics();
  row->addWidget(m_metric);
}

QWidget* LayersHeader::buildSwitch() {
  auto* segments = new QWidget;
  segments->setAccessibleName(tr("Where the error is looked at"));
  auto* row = new QHBoxLayout(segments);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  const std::tuple<LayerMeasure, QString, QString> choices[] = {
      {LayerMeasure::Weights, tr("Weights"),
       tr("The error of the weights alone: known at once, a proxy for what the answers will be like")},
      {LayerMeasure::Outputs, tr("Outputs"),
       tr("How far the products with the inputs of the calibration text are off, against how large the right ones are "
          "(roots of mean squares); the share of quantized inputs apart")},
      {LayerMeasure::Measured, tr("Measured"),
       tr("What each tensor alone adds to the KL divergence of the model's answers on a text: takes a while")}};
  for (const auto& [measure, name, tip] : choices) {
    auto* button = new QToolButton;
    button->setText(name);
    button->setToolTip(tip);
    button->setCheckable(true);
    button->setFocusPolicy(Qt::StrongFocus);
    button->setObjectName(QStringLiteral("measure-") + wordOf(measure));
    m_measures->addButton(button, static_cast<int>(measure));
    row->addWidget(button);
  }
  m_measures->button(static_cast<int>(LayerMeasure::Weights))->setChecked(true);
  connect(m_measures, &QButtonGroup::idToggled, this, [this](int, bool checked) {
    if (!checked) return;
    m_metric->setVisible(measure() == LayerMeasure::Weights);
    Q_EMIT figureChanged();
  });
  return segments;
}

void LayersHeader::buildMetrics() {
  for (const Metric metric : {Metric::SqnrDb, Metric::RelativeError, Metric::Mse, Metric::Cosine, Metric::MaxAbsError})
    m_metric->addItem(tr("%1 of the weights").arg(metricTitle(metric)), static_cast<int>(metric));
  m_metric->setAccessibleName(tr("Metric"));
  m_metric->setObjectName(QStringLiteral("metric"));
  connect(m_metric, &QComboBox::currentIndexChanged, this, &LayersHeader::figureChanged);
}

void LayersHeader::buildShadings() {
  const auto shading = [this](const QString& name, const QString& meaning, LayerShading value) {
    m_shading->addItem(name, static_cast<int>(value));
    m_shading->setItemData(m_shading->count() - 1, meaning, Qt::ToolTipRole);
  };
  shading(tr("Colours per scheme"), tr("From each scheme's smallest error to its largest"), LayerShading::PerScheme);
  shading(tr("Colours from median"), tr("Distance from the scheme's median"), LayerShading::FromMedian);
  shading(tr("Colours on one scale"), tr("One scale for all schemes"), LayerShading::Shared);
  m_shading->setAccessibleName(tr("What the colours mean"));
  m_shading->setObjectName(QStringLiteral("shading"));
  connect(m_shading, &QComboBox::currentIndexChanged, this, &LayersHeader::shadingChanged);
}

LayerMeasure LayersHeader::measure() const { return static_cast<LayerMeasure>(m_measures->checkedId()); }

void LayersHeader::setMeasure(LayerMeasure measure) { m_measures->button(static_cast<int>(measure))->setChecked(true); }

Metric LayersHeader::metric() const {
  switch (measure()) {
    case LayerMeasure::Weights:
      return static_cast<Metric>(m_metric->currentData().toInt());
    case LayerMeasure::Outputs:
      return Metric::OutputError;
    case LayerMeasure::Measured:
      return Metric::MeasuredKl;
  }
  return Metric::SqnrDb;
}

LayerShading LayersHeader::shading() const { return static_cast<LayerShading>(m_shading->currentData().toInt()); }

void LayersHeader::setSummary(const QString& text, const QString& toolTip) {
  m_summary->setToolTip(toolTip);
  m_summary->setText(text);
}

void LayersHeader::saveState(QSettings& settings) const {
  settings.setValue(kMeasureSetting, wordOf(measure()));
  settings.setValue(kMetricKey, m_metric->currentIndex());
  settings.setValue(kShadingKey, m_shading->currentIndex());
}

void LayersHeader::restoreState(QSettings& settings) {
  choose(*m_metric, settings.value(kMetricKey, 0).toInt());
  choose(*m_shading, settings.value(kShadingKey, 0).toInt());
  setMeasure(layerMeasureOf(settings.value(kMeasureSetting).toString()).value_or(LayerMeasure::Weights));
}

}  // namespace app
