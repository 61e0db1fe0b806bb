#include "app/workspaces/layers/layers_workspace.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSettings>
#include <QSplitter>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/pictures/error_bars.h"
#include "app/pictures/heat_map.h"
#include "app/pictures/metric_text.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/layer_errors.h"

namespace app {

using core::metrics::Metric;

LayersWorkspace::LayersWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_errors(new LayerErrors(selection(), jobs(), this)),
      m_metric(new QComboBox),
      m_summary(new Label(Label::Style::Muted)),
      m_map(new HeatMap),
      m_bars(new ErrorBars) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
  column->setSpacing(space::kOneHalf);
  column->addWidget(buildHeader());
  auto* splitter = new QSplitter;
  splitter->setHandleWidth(space::kOneHalf);
  splitter->setChildrenCollapsible(false);
  auto* mapCard = new Card(tr("Layers × schemes"));
  mapCard->setHint(tr("bright is a large error · click a cell to select it"));
  mapCard->body()->addWidget(m_map, 1);
  m_barCard = new Card(tr("Most sensitive first"));
  m_barCard->body()->addWidget(m_bars, 1);
  splitter->addWidget(mapCard);
  splitter->addWidget(m_barCard);
  splitter->setStretchFactor(0, 3);
  splitter->setStretchFactor(1, 2);
  splitter->setSizes({560, 400});
  column->addWidget(splitter, 1);

  connect(m_metric, &QComboBox::currentIndexChanged, this, &LayersWorkspace::refresh);
  connect(m_errors, &LayerErrors::changed, this, &LayersWorkspace::refresh);
  connect(&selection(), &Selection::schemesChanged, this, &LayersWorkspace::request);
  connect(&selection(), &Selection::modelChanged, this, &LayersWorkspace::request);
  connect(&selection(), &Selection::currentSchemeChanged, this, &LayersWorkspace::refresh);
  connect(&selection(), &Selection::tensorChanged, this, &LayersWorkspace::refreshSelection);
  connect(&Theme::instance(), &Theme::changed, this, &LayersWorkspace::refresh);
  connect(m_map, &HeatMap::cellClicked, this, &LayersWorkspace::select);
  connect(m_bars, &ErrorBars::barClicked, this, [this](int row) { select(row, -1); });
}

QWidget* LayersWorkspace::buildHeader() {
  auto* header = new QWidget;
  auto* row = new QHBoxLayout(header);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  row->addWidget(new Label(Label::Style::Title, tr("Layers")));
  row->addSpacing(space::kOne);
  m_summary->setElide(Qt::ElideRight);
  row->addWidget(m_summary, 1);
  auto* name = new Label(Label::Style::Muted, tr("Metric, on weights"));
  name->setBuddy(m_metric);
  row->addWidget(name);
  for (const Metric metric :
       {Metric::SqnrDb, Metric::RelativeError, Metric::Mse, Metric::Cosine, Metric::MaxAbsError}) {
    m_metric->addItem(metricTitle(metric), static_cast<int>(metric));
  }
  m_metric->setAccessibleName(tr("Metric"));
  m_metric->setObjectName(QStringLiteral("metric"));
  row->addWidget(m_metric);
  return header;
}

Metric LayersWorkspace::metric() const { return static_cast<Metric>(m_metric->currentData().toInt()); }

void LayersWorkspace::setActive(bool active) {
  m_active = active;
  if (active) request();
}

void LayersWorkspace::request() {
  if (!m_active) return;
  m_errors->request(selection().checkedSchemes());
  refresh();
}

QStringList LayersWorkspace::tensorNames() const {
  QStringList names;
  if (!selection().model()) return names;
  for (const std::size_t tensor : m_errors->tensors()) {
    QString name = QString::fromStdString(selection().model()->checkpoint().tensors()[tensor].name);
    if (name.endsWith(QLatin1String(".weight"))) name.chop(7);
    names.append(name);
  }
  return names;
}

std::optional<core::quant::Scheme> LayersWorkspace::barScheme() const {
  const auto checked = selection().checkedSchemes();
  const auto& current = selection().currentScheme();
  if (current && std::find(checked.begin(), checked.end(), *current) != checked.end()) return current;
  return checked.empty() ? std::nullopt : std::optional(checked.back());
}

void LayersWorkspace::refresh() {
  if (!m_active || !selection().model()) return;
  const auto schemes = selection().checkedSchemes();
  const bool empty = schemes.empty() || m_errors->tensors().empty();
  const QString message = m_errors->tensors().empty() ? tr("This file has no matrix that a scheme could be applied to.")
                          : schemes.empty() ? tr("Tick a scheme on the right to see what it does to every layer.")
                                            : QString();
  m_map->setMessage(message);
  m_bars->setMessage(message);
  m_summary->setText(empty ? QString()
                           : tr("%1 matrices · %2 schemes%3")
                                 .arg(text::count(m_errors->tensors().size()), text::count(schemes.size()),
                                      m_errors->isComputing() ? tr(" · computing…") : QString()));
  refreshMap(schemes);
  refreshBars(schemes);
  refreshSelection();
}

void LayersWorkspace::refreshMap(const std::vector<core::quant::Scheme>& schemes) {
  QStringList columns;
  for (const auto& scheme : schemes) columns.append(QString::fromStdString(scheme.displayName()));
  const std::size_t rows = m_errors->tensors().size();
  std::vector<HeatMap::Cell> cells(rows * schemes.size());
  for (std::size_t x = 0; x < schemes.size(); ++x) {
    const auto* errors = m_errors->find(schemes[x]);
    for (std::size_t y = 0; y < rows; ++y) {
      HeatMap::Cell& cell = cells[y * schemes.size() + x];
      if (errors == nullptr) {
        cell.note = m_errors->problem(schemes[x]);
        continue;
      }
      cell.note = QString::fromStdString((*errors)[y].refused);
      cell.known = (*errors)[y].refused.empty();
      if (cell.known) cell.value = core::metrics::value((*errors)[y].stats, metric());
    }
  }
  m_map->setData(tensorNames(), columns, std::move(cells), metric());
}

void LayersWorkspace::refreshBars(const std::vector<core::quant::Scheme>&) {
  std::vector<ErrorBars::Bar> bars;
  const auto scheme = barScheme();
  const auto* errors = scheme ? m_errors->find(*scheme) : nullptr;
  const QStringList names = tensorNames();
  for (std::size_t y = 0; errors != nullptr && y < errors->size(); ++y) {
    const double value = core::metrics::value((*errors)[y].stats, metric());
    if ((*errors)[y].refused.empty() && std::isfinite(value))
      bars.push_back({names[static_cast<int>(y)], value, static_cast<int>(y)});
  }
  if (scheme && errors != nullptr && bars.empty())
    m_bars->setMessage(
        tr("%1 holds these weights without any error.").arg(QString::fromStdString(scheme->displayName())));
  m_barCard->setHint(scheme ? QString::fromStdString(scheme->displayName()) : QString());
  m_bars->setData(std::move(bars), metric(), scheme ? selection().color(*scheme) : QColor());
}

void LayersWorkspace::refreshSelection() {
  if (!m_active || !selection().model()) return;
  const auto& tensors = m_errors->tensors();
  const auto found =
      selection().tensor() ? std::find(tensors.begin(), tensors.end(), *selection().tensor()) : tensors.end();
  const int row = found == tensors.end() ? -1 : static_cast<int>(found - tensors.begin());
  const auto checked = selection().checkedSchemes();
  const auto scheme = barScheme();
  const auto column = scheme ? std::find(checked.begin(), checked.end(), *scheme) : checked.end();
  m_map->setSelected(row, column == checked.end() ? -1 : static_cast<int>(column - checked.begin()));
  m_bars->setSelected(row);
}

void LayersWorkspace::select(int row, int column) {
  const std::size_t tensor = m_errors->tensors()[static_cast<std::size_t>(row)];
  const auto checked = selection().checkedSchemes();
  if (column >= 0)
    selection().setTensorAndScheme(tensor, checked[static_cast<std::size_t>(column)]);
  else
    selection().setTensor(tensor);
}

QString LayersWorkspace::helpText() const {
  return tr(
      "Every matrix of the model's blocks, quantized under every checked scheme and compared with the stored weights. "
      "Dark cells have "
      "a small error, bright ones a large one; the bars sort the current scheme's layers with the most sensitive on "
      "top. These are errors "
      "of the weights alone, a proxy for what the answers will be like. Click a cell or a bar (or use the arrow keys) "
      "to select tensor and "
      "scheme for all workspaces; the wheel zooms, a double click resets, the context menu exports.");
}

void LayersWorkspace::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("metric"), m_metric->currentIndex());
}

void LayersWorkspace::restoreState(QSettings& settings) {
  m_metric->setCurrentIndex(settings.value(QStringLiteral("metric"), 0).toInt());
}

}  // namespace app
