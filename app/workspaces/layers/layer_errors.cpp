#include "app/workspaces/layers/layer_errors.h"

#include <utility>

#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/tensor_group.h"

namespace app {

namespace {
QString keyOf(const core::model::Recipe& recipe) { return QString::fromStdString(recipe.toString()); }

/// Whether a scheme would have it but cannot hold its shape, so that it was not chosen to stay.
bool isRefused(const core::model::TensorDecision& decision, const core::model::Recipe& recipe) {
  return decision.rule.empty() && decision.place.fate == core::model::Fate::Quantize &&
         std::holds_alternative<core::quant::Scheme>(recipe.base);
}

ModelErrors measure(const OpenModel& model, const std::vector<std::size_t>& tensors, const core::model::Recipe& recipe,
                    const core::JobContext& job) {
  const auto& checkpoint = model.checkpoint();
  const auto plan = core::model::planRecipe(recipe, checkpoint);
  ModelErrors errors;
  errors.size = {sizeUnder(checkpoint, recipe), recipe};
  for (const auto& decision : plan.tensors)
    if (!decision.scheme && !isRefused(decision, recipe)) ++errors.keptTensors;
  const auto count = static_cast<double>(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::size_t tensor = tensors[i];
    const auto& decision = plan.tensors[tensor];
    const core::JobContext part = job.part(static_cast<double>(i) / count, static_cast<double>(i + 1) / count);
    part.progress(0.0, checkpoint.tensors()[tensor].name);
    SchemeError error;
    error.tensor = tensor;
    if (decision.scheme)
      error = model.errors().measure(checkpoint, tensor, *decision.scheme, part, model.calibration().current().get());
    else if (isRefused(decision, recipe))
      error.refused = decision.kept;
    errors.matrices.push_back(std::move(error));
    errors.kept.push_back(decision.scheme || isRefused(decision, recipe) ? std::string() : decision.kept);
  }
  return errors;
}

std::vector<std::size_t> matricesOf(const OpenModel& model) {
  const auto& checkpoint = model.checkpoint();
  std::vector<std::size_t> matrices;
  for (std::size_t i = 0; i < checkpoint.tensors().size(); ++i) {
    const core::model::TensorChoice& choice = model.choices()[i];
    if (choice.fate == core::model::Fate::Quantize ||
        core::model::whyUntouched(checkpoint.tensors()[i], choice, checkpoint.format()).empty())
      matrices.push_back(i);
  }
  return matrices;
}
}  // namespace

LayerErrors::LayerErrors(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs) {
  connect(&m_selection, &Selection::modelChanged, this, &LayerErrors::reset);
  connect(&m_jobs, &JobRunner::changed, this, &LayerErrors::noticeStopped);
  reset();
}

void LayerErrors::reset() {
  for (const QString& scheme : std::as_const(m_running)) m_jobs.cancelTag(tag(scheme));
  m_running.clear();
  m_errors.clear();
  m_problems.clear();
  m_tensors = m_selection.model() ? matricesOf(*m_selection.model()) : std::vector<std::size_t>();
  Q_EMIT changed();
}

// A job that was cancelled elsewhere delivers nothing, and must not be announced for ever.
void LayerErrors::noticeStopped() {
  bool any = false;
  for (const QString& key : QStringList(m_running)) {
    if (m_jobs.isActive(tag(key))) continue;
    m_running.removeAll(key);
    m_problems.insert(key, tr("stopped"));
    any = true;
  }
  if (any) Q_EMIT changed();
}

void LayerErrors::request(const std::vector<core::model::Recipe>& recipes) {
  if (!m_selection.model()) return;
  QStringList wanted;
  for (const auto& recipe : recipes) wanted.append(keyOf(recipe));
  for (const QString& running : QStringList(m_running)) {
    if (wanted.contains(running)) continue;
    m_jobs.cancelTag(tag(running));
    m_running.removeAll(running);
  }
  for (const auto& recipe : recipes) start(recipe);
  Q_EMIT changed();
}

void LayerErrors::start(const core::model::Recipe& recipe) {
  const QString key = keyOf(recipe);
  if (m_errors.contains(key) || m_running.contains(key)) return;
  m_problems.remove(key);
  m_running.append(key);
  m_jobs.run(
      this, {tag(key), tr("Errors under %1").arg(m_selection.title(recipe)), Lane::Pool, Priority::Sweep},
      [model = m_selection.model(), tensors = m_tensors, recipe](const core::JobContext& job) {
        return measure(*model, tensors, recipe, job);
      },
      [this, key](ModelErrors errors) {
        m_running.removeAll(key);
        m_errors.insert(key, std::move(errors));
        Q_EMIT changed();
      },
      [this, key](const QString& sentence) {
        m_running.removeAll(key);
        m_problems.insert(key, sentence);
        Q_EMIT changed();
      });
}

const ModelErrors* LayerErrors::find(const core::model::Recipe& recipe) const {
  const auto found = m_errors.constFind(keyOf(recipe));
  return found == m_errors.constEnd() ? nullptr : &*found;
}

QString LayerErrors::problem(const core::model::Recipe& recipe) const { return m_problems.value(keyOf(recipe)); }

bool LayerErrors::isComputing() const { return !m_running.isEmpty(); }

}  // namespace app
