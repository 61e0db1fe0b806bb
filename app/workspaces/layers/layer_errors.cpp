#include "app/workspaces/layers/layer_errors.h"

#include <algorithm>
#include <utility>

#include "app/selection/calibration_text.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/tensor_group.h"

namespace app {

namespace {
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
  connect(&m_selection, &Selection::calibrationChanged, this, &LayerErrors::calibrationChanged);
  connect(&m_selection, &Selection::comparedModelChanged, this, &LayerErrors::comparedChanged);
  connect(&m_jobs, &JobRunner::changed, this, &LayerErrors::noticeStopped);
  reset();
}

void LayerErrors::reset() {
  for (const QString& scheme : std::as_const(m_running)) m_jobs.cancelTag(tag(scheme));
  m_running.clear();
  m_readingText.clear();
  m_wanted.clear();
  m_errors.clear();
  m_problems.clear();
  m_model = m_selection.model().get();
  m_tensors = m_model != nullptr ? matricesOf(*m_model) : std::vector<std::size_t>();
  Q_EMIT changed();
}

// What was measured with another calibration is not what is shown under the new one.
void LayerErrors::calibrationChanged() {
  if (m_model != m_selection.model().get()) return;  // a model that begins to read at once: reset() is on its way
  for (const Wanted& wanted : m_wanted) {
    if (wanted.need == core::quant::CalibrationNeed::None) continue;
    const QString key = keyOf(wanted.recipe);
    if (m_running.contains(key)) m_jobs.cancelTag(tag(key));
    end(key);
    m_errors.remove(key);
    m_problems.remove(key);
  }
  // Also of what nobody asks for now.
  m_errors.removeIf([](QHash<QString, ModelErrors>::iterator entry) { return entry->usesCalibration; });
  startNext();
  Q_EMIT changed();
}

// Another model may come under the name of one that went: its file was written again.
void LayerErrors::comparedChanged() {
  const auto isModel = [](const QString& key) { return core::model::namesOtherModel(key.toStdString()); };
  for (const QString& key : QStringList(m_running)) {
    if (!isModel(key)) continue;
    m_jobs.cancelTag(tag(key));
    end(key);
  }
  m_errors.removeIf([&](QHash<QString, ModelErrors>::iterator entry) { return isModel(entry.key()); });
  m_problems.removeIf([&](QHash<QString, QString>::iterator entry) { return isModel(entry.key()); });
  std::erase_if(m_wanted, [](const Wanted& wanted) { return wanted.recipe.otherModel() != nullptr; });
}

// A job that was cancelled elsewhere delivers nothing, and must not be announced for ever.
void LayerErrors::noticeStopped() {
  bool any = false;
  for (const QString& key : QStringList(m_running)) {
    if (m_jobs.isActive(tag(key))) continue;
    end(key);
    m_problems.insert(key, tr("stopped"));
    any = true;
  }
  if (!any) return;
  startNext();
  Q_EMIT changed();
}

QString LayerErrors::keyOf(const core::model::Recipe& recipe) const {
  QString key = QString::fromStdString(recipe.toString());
  // An adapter may be trained again under its name.
  if (recipe.adapter) key += u'\n' + QString::fromStdString(recipe.adapter->identity());
  return m_measure == Measure::Outputs ? key + QStringLiteral("\noutputs") : key;
}

void LayerErrors::end(const QString& key) {
  m_running.removeAll(key);
  if (m_readingText == key) m_readingText.clear();
}

void LayerErrors::request(const std::vector<core::model::Recipe>& recipes, Measure what) {
  if (!m_selection.model()) return;
  m_measure = what;
  m_wanted.clear();
  QStringList wanted;
  for (const auto& recipe : recipes) {
    const auto own = m_selection.needOf(recipe);
    m_wanted.push_back({recipe, what == Measure::Outputs ? core::quant::CalibrationNeed::Hessian : own});
    wanted.append(keyOf(recipe));
    m_problems.remove(wanted.back());
  }
  for (const QString& running : QStringList(m_running)) {
    if (wanted.contains(running)) continue;
    m_jobs.cancelTag(tag(running));
    end(running);
  }
  startNext();
  Q_EMIT changed();
}

void LayerErrors::startNext() {
  for (const Wanted& wanted : std::vector<Wanted>(m_wanted)) start(wanted);
}

void LayerErrors::start(const Wanted& wanted) {
  const QString key = keyOf(wanted.recipe);
  if (m_errors.contains(key) || m_running.contains(key) || m_problems.contains(key)) return;
  if (m_selection.waitFor(wanted.need) != CalibrationWait::Nothing) return;
  const bool looksAtData = wanted.need != core::quant::CalibrationNeed::None;
  if (looksAtData && !m_readingText.isEmpty()) return;
  if (looksAtData) m_readingText = key;
  m_running.append(key);
  m_jobs.run(
      this, {tag(key), tr("Errors under %1").arg(m_selection.title(wanted.recipe)), Lane::Pool, Priority::Sweep},
      [model = m_selection.model(), tensors = m_tensors, recipe = wanted.recipe,
       what = m_measure](const core::JobContext& job) { return measureErrors(*model, tensors, recipe, what, job); },
      [this, key, looksAtData](ModelErrors errors) {
        end(key);
        errors.usesCalibration = looksAtData;
        m_errors.insert(key, std::move(errors));
        startNext();
        Q_EMIT changed();
      },
      [this, key](const QString& sentence) {
        end(key);
        m_problems.insert(key, sentence);
        startNext();
        Q_EMIT changed();
      });
}

const ModelErrors* LayerErrors::find(const core::model::Recipe& recipe) const {
  const auto found = m_errors.constFind(keyOf(recipe));
  return found == m_errors.constEnd() ? nullptr : &*found;
}

QString LayerErrors::problem(const core::model::Recipe& recipe) const {
  const QString problem = m_problems.value(keyOf(recipe));
  if (!problem.isEmpty()) return problem;
  const auto need = m_measure == Measure::Outputs ? core::quant::CalibrationNeed::Hessian : m_selection.needOf(recipe);
  return waitText(m_selection, need, m_selection.title(recipe));
}

bool LayerErrors::isComputing() const { return !m_running.isEmpty(); }

}  // namespace app
