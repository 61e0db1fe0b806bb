#include "app/workspaces/layers/layer_content.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "app/pictures/layer_cells.h"
#include "app/pictures/metric_text.h"
#include "app/selection/tensor_text.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

std::string usualScheme(const core::model::Recipe& recipe, const ModelErrors& errors) {
  if (const auto* base = std::get_if<core::quant::Scheme>(&recipe.base)) return base->toString();
  std::map<std::string, int> counts;
  std::string usual;
  int most = 0;
  for (std::size_t i = 0; i < errors.matrices.size(); ++i) {
    if (!errors.kept[i].empty()) continue;
    const std::string scheme = errors.matrices[i].schemeText();
    const int count = ++counts[scheme];
    if (count > most) most = count, usual = scheme;
  }
  return usual;
}

ErrorDots::Dot dotOf(const QString& label, int row, const LayerMaps::Cell& cell, const SchemeError& error,
                     core::metrics::Metric metric) {
  ErrorDots::Dot dot{label, cell.value, row, {}};
  dot.error = cell.error;
  dot.detail = cell.detail;
  const double inputs = error.output.activations.value;
  if (metric == core::metrics::Metric::OutputError && inputs > 0)
    dot.beside = tr("(inputs %1)").arg(metricFigure(metric, inputs));
  return dot;
}

}  // namespace

QStringList LayerContent::names() const {
  QStringList names;
  if (!m_selection.model()) return names;
  for (const std::size_t tensor : m_errors.tensors()) {
    QString name = QString::fromStdString(m_selection.model()->checkpoint().tensors()[tensor].name);
    if (name.endsWith(QLatin1String(".weight"))) name.chop(7);
    names.append(name);
  }
  return names;
}

LayerMaps::SchemeMap LayerContent::mapOf(const core::model::Recipe& recipe) const {
  const auto* errors = m_errors.find(recipe);
  const auto& tensors = m_errors.tensors();
  LayerMaps::SchemeMap map;
  map.title = m_selection.title(recipe);
  map.color = m_selection.color(recipe);
  map.mark = m_selection.mark(recipe);
  map.cells.resize(tensors.size());
  const QString problem = errors == nullptr ? m_errors.problem(recipe) : QString();
  const auto need = m_metric == core::metrics::Metric::OutputError ? core::quant::CalibrationNeed::Hessian
                                                                   : m_selection.needOf(recipe);
  const bool waits = m_selection.waitFor(need) != CalibrationWait::Nothing;
  map.summary = waits && !problem.isEmpty() ? tr("waits for a calibration") : problem;
  for (std::size_t row = 0; row < tensors.size(); ++row) {
    if (errors == nullptr)
      map.cells[row].detail = problem;
    else if (!errors->kept[row].empty())
      map.cells[row] = keptCell(errors->kept[row], typeText(m_selection.model()->checkpoint().tensors()[tensors[row]]));
    else
      map.cells[row] = cellOf(errors->matrices[row], m_metric);
  }
  if (errors == nullptr) return map;
  map.kept = errors->keptTensors;
  addSize(map, errors->size);
  return map;
}

// What a recipe gives each matrix is said, and marked where it is not what most of them have: its base, or without one
// its most frequent scheme.
void LayerContent::addTreatments(LayerMaps::Content& content, const std::vector<core::model::Recipe>& recipes) const {
  std::vector<std::string> known;
  for (std::size_t column = 0; column < recipes.size(); ++column) {
    const auto* errors = m_errors.find(recipes[column]);
    if (errors == nullptr || recipes[column].asScheme()) continue;
    const auto usual = usualScheme(recipes[column], *errors);
    for (std::size_t row = 0; row < errors->matrices.size(); ++row) {
      LayerMaps::Cell& cell = content.schemes[column].cells[row];
      if (cell.isKept || !cell.known) continue;
      const SchemeError& error = errors->matrices[row];
      cell.made = QString::fromStdString(error.displayName());
      const std::string scheme = error.schemeText();
      if (scheme == usual) continue;
      auto found = std::find(known.begin(), known.end(), scheme);
      if (found == known.end()) {
        found = known.insert(known.end(), scheme);
        const auto number = static_cast<ushort>(content.treatments.size() % 26);
        content.treatments.push_back(
            {QChar(static_cast<ushort>('A' + number)), cell.made, m_selection.color(error.scheme)});
      }
      cell.treatment = static_cast<int>(found - known.begin());
    }
  }
}

LayerMaps::Content LayerContent::maps(const std::vector<core::model::Recipe>& recipes, LayerShading shading) const {
  LayerMaps::Content content;
  content.metric = m_metric;
  content.shading = shading;
  content.names = names();
  std::vector<std::string> stored;
  for (const std::size_t tensor : m_errors.tensors())
    stored.push_back(m_selection.model()->checkpoint().tensors()[tensor].name);
  content.grid = LayerGrid::arrange(stored);
  for (const auto& recipe : recipes) content.schemes.push_back(mapOf(recipe));
  addTreatments(content, recipes);
  return content;
}

LayerContent::Dots LayerContent::dots(const core::model::Recipe& recipe) const {
  Dots result;
  const QString title = m_selection.title(recipe);
  const auto* errors = m_errors.find(recipe);
  if (errors == nullptr) {
    const QString problem = m_errors.problem(recipe);
    result.message = problem.isEmpty() ? tr("Computing %1…").arg(title) : problem;
    return result;
  }
  const QStringList labels = names();
  std::size_t exact = 0, refused = 0;
  for (std::size_t row = 0; row < errors->matrices.size(); ++row) {
    const LayerMaps::Cell cell = cellOf(errors->matrices[row], m_metric);
    const auto number = static_cast<int>(row);
    if (!errors->kept[row].empty()) continue;
    if (cell.nonFinite && !std::isfinite(cell.value))
      result.dots.push_back({labels[number], 0, number, cell.note});
    else if (cell.known && std::isfinite(cell.value))
      result.dots.push_back(dotOf(labels[number], number, cell, errors->matrices[row], m_metric));
    else
      ++(cell.known ? exact : refused);
  }
  if (result.dots.empty()) {
    result.message = exact + refused == 0 ? tr("%1 keeps all of these matrices as stored.").arg(title)
                     : exact == 0         ? tr("%1 cannot hold any of these matrices.").arg(title)
                     : refused == 0       ? tr("%1 holds these weights without any error.").arg(title)
                                          : tr("%1 holds %2 matrices without any error and cannot hold %3.")
                                          .arg(title, text::count(exact), text::count(refused));
    return result;
  }
  QStringList left;
  if (exact > 0) left << tr("%1 without error").arg(text::count(exact));
  if (refused > 0) left << tr("%1 refused").arg(text::count(refused));
  // As the map and the tab below count them: every tensor of the model.
  if (errors->keptTensors > 0) left << tr("%1 as stored").arg(text::count(errors->keptTensors));
  result.left = left.join(QStringLiteral(" · "));
  return result;
}

}  // namespace app
