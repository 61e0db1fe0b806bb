#include "app/calibration/calibrator.h"

#include <algorithm>
#include <utility>

#include "app/jobs/stop_notice.h"
#include "app/session/cache_folder.h"
#include "app/session/calibrate_model.h"
#include "app/text/numbers.h"

namespace app {

namespace {

const QString kTag = QStringLiteral("calibration");

QString nameOf(const QString& text) {
  if (text == QLatin1String(kDemoText.data())) return Calibrator::tr("the demo text");
  if (text == QLatin1String(kProseText.data())) return Calibrator::tr("the built-in prose");
  return text::shortened(text.section(u'/', -1));
}

/// LLM.int8() does without a calibration, but its outlier columns are marked by one.
core::quant::CalibrationNeed wishOf(const Selection& selection, const core::model::Recipe& recipe) {
  const auto* scheme = recipe.asScheme();
  const bool hasOutliers = scheme && scheme->activations.name == core::quant::ActivationName::LlmInt8;
  return hasOutliers ? core::quant::CalibrationNeed::Columns : selection.needOf(recipe);
}

}  // namespace

Calibrator::Calibrator(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_stop(new StopNotice(jobs, kTag, this)) {
  connect(&selection, &Selection::modelChanged, this, &Calibrator::followModel);
  connect(&selection, &Selection::schemesChanged, this, &Calibrator::followSchemes);
  connect(&selection, &Selection::currentSchemeChanged, this, &Calibrator::followSchemes);
  connect(m_stop, &StopNotice::stopped, this, [this] { end(tr("The calibration was stopped.")); });
  connect(&jobs, &JobRunner::changed, this, [this] {
    if (m_isRunning) Q_EMIT changed();
  });
}

std::optional<Calibrator::Order> Calibrator::usual() const {
  if (!m_selection.model() || !m_selection.model()->isDemo()) return std::nullopt;
  const auto state = m_selection.calibrationState();
  if (state && state->made) return std::nullopt;  // what a person chose stays
  return Order{QString::fromLatin1(kDemoText.data(), static_cast<qsizetype>(kDemoText.size())), {}};
}

double Calibrator::progress() const {
  const auto jobs = m_jobs.visibleJobs();
  const auto own = std::find_if(jobs.begin(), jobs.end(), [this](const auto& status) { return status.id == m_job; });
  return own == jobs.end() ? -1 : own->fraction;
}

void Calibrator::read(const Order& order) {
  run(tr("Reading %1").arg(nameOf(order.text)), [order](const OpenModel& model, const core::JobContext& job) {
    calibrateModel(model, openText(order.text.toStdString()), order.settings, userCacheFolder(), job);
  });
}

void Calibrator::openImportance(const QString& file) {
  run(tr("Opening %1").arg(nameOf(file)),
      [file](const OpenModel& model, const core::JobContext&) { calibrateByImportance(model, file.toStdString()); });
}

void Calibrator::run(const QString& title, Work work) {
  m_problem.clear();
  m_stop->end();
  m_isRunning = true;
  m_job = m_jobs.run(
      this, {kTag, title},
      [model = m_selection.model(), work = std::move(work)](const core::JobContext& job) { work(*model, job); },
      [this] { end({}); }, [this](const QString& sentence) { end(sentence); });
  m_stop->begin();
  m_selection.setCalibrating(true);
  Q_EMIT changed();
}

void Calibrator::stop() { m_jobs.cancelTag(kTag); }

void Calibrator::end(const QString& problem) {
  m_stop->end();
  m_isRunning = false;
  m_problem = problem;
  m_asks = m_asks || !problem.isEmpty();
  m_selection.setCalibrating(false);
  Q_EMIT changed();
  if (!problem.isEmpty()) Q_EMIT failed(problem);
}

// A text that is being read is for the model that is gone.
void Calibrator::followModel() {
  m_stop->end();
  m_jobs.cancelTag(kTag);
  m_problem.clear();
  m_isRunning = m_asks = false;
  Q_EMIT changed();
  followSchemes();
}

void Calibrator::followSchemes() {
  std::vector<core::model::Recipe> recipes = m_selection.checkedRecipes();
  if (m_selection.currentRecipe()) recipes.push_back(*m_selection.currentRecipe());
  auto most = core::quant::CalibrationNeed::None;
  for (const auto& recipe : recipes) most = std::max(most, wishOf(m_selection, recipe));
  want(most);
}

void Calibrator::want(core::quant::CalibrationNeed need) {
  if (m_isRunning || m_asks || m_selection.waitFor(need) != CalibrationWait::Text) return;
  if (const auto order = usual()) read(*order);
}

}  // namespace app
