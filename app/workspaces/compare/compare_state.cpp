#include "app/workspaces/compare/compare_state.h"

#include <QDateTime>
#include <QFileInfo>
#include <algorithm>
#include <utility>

#include "app/session/engine.h"
#include "core/base/error.h"
#include "core/model/recipe/recipe_plan.h"

namespace app {

namespace {

const QString kMeasureTag = QStringLiteral("compare.measure"), kPlanTag = QStringLiteral("compare.plan");
constexpr int kComparePollMilliseconds = 120;

}  // namespace

qint64 changedAt(const QString& file) {
  const QFileInfo info(file);
  return info.isFile() ? info.lastModified().toMSecsSinceEpoch() : 0;
}

CompareState::CompareState(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_engine(std::make_shared<Engine>()) {
  m_poll.setInterval(kComparePollMilliseconds);
  connect(&m_poll, &QTimer::timeout, this, [this] {
    takeNews();
    if (isMeasuring()) return;
    m_poll.stop();
    // A job that somebody cancelled delivers nothing.
    if (std::exchange(m_isRunning, false)) m_wasStopped = true;
    Q_EMIT measured();
  });
  connect(&selection, &Selection::modelChanged, this, &CompareState::followModel);
  connect(&selection, &Selection::comparedModelChanged, this, &CompareState::followComparedModel);
  connect(&selection, &Selection::calibrationChanged, this, &CompareState::plansChanged);
  followModel();
}

CompareState::~CompareState() = default;

void CompareState::followModel() {
  if (m_model == m_selection.model()) return;
  m_jobs.cancelTag(kMeasureTag);
  m_jobs.cancelTag(kPlanTag);
  m_model = m_selection.model();
  m_plans = {};
  m_feed.reset();
  m_measurement.reset();
  m_failure.clear();
  m_wasStopped = m_isRunning = false;
  setQuestion(m_question);
  Q_EMIT plansChanged();
  Q_EMIT measured();
}

// Another model may come under the name of one that went.
void CompareState::followComparedModel() { setQuestion(m_question); }

void CompareState::setQuestion(CompareQuestion question) {
  const auto compared = m_selection.comparedRecipe();
  if (!compared) question.reference = CompareQuestion::Reference::Stored;
  question.textChanged = changedAt(question.text);
  question.model = m_model ? m_model->source() : std::string();
  const bool isOther = question.reference == CompareQuestion::Reference::ComparedModel;
  question.referenceModel = isOther ? compared->otherModel()->identity() : std::string();
  if (question == m_question) return;
  m_question = std::move(question);
  m_failure.clear();  // it was another question's
  Q_EMIT questionChanged();
}

std::string CompareState::calibration() const {
  const auto state = m_selection.calibrationState();
  if (!state) return {};
  const auto made = state->made ? state->made->time_since_epoch().count() : 0;
  return state->text + '\n' + std::to_string(state->tokens) + '\n' + std::to_string(made);
}

std::optional<core::model::Recipe> CompareState::referenceRecipe() const {
  const bool isOther = m_question.reference == CompareQuestion::Reference::ComparedModel;
  return isOther ? m_selection.comparedRecipe() : std::nullopt;
}

std::vector<core::model::Recipe> CompareState::comparedRecipes() const {
  // The weights as stored are compared, too, where keys and values are rounded or another model is the reference.
  std::vector<core::model::Recipe> recipes;
  if (m_question.kv != core::model::KvType::F16 || referenceRecipe()) recipes.emplace_back();
  for (const auto& recipe : m_selection.checkedRecipes()) recipes.push_back(recipe);
  return recipes;
}

QString CompareState::whyOtherWeights(const std::vector<core::model::Recipe>& recipes,
                                      const std::string& calibration) const {
  const bool looksAtData = std::ranges::any_of(recipes, [this](const core::model::Recipe& recipe) {
    return m_selection.needOf(recipe) != core::quant::CalibrationNeed::None;
  });
  return looksAtData && calibration != this->calibration() ? tr("of weights made with another calibration") : QString();
}

QString CompareState::whyOld() const {
  if (measurement() == nullptr) return {};
  if (!(measurement()->question == m_question)) return tr("measured with other settings");
  std::vector<core::model::Recipe> recipes;
  for (const auto& row : measurement()->evaluation.rows) recipes.push_back(row.variant.recipe);
  return whyOtherWeights(recipes, measurement()->calibration);
}

const CompareMeasurement* CompareState::measurement() const { return m_measurement ? &*m_measurement : nullptr; }

bool CompareState::isMeasuring() const { return m_jobs.isActive(kMeasureTag); }

void CompareState::measure() {
  if (!m_model || isMeasuring()) return;
  m_failure.clear();
  m_wasStopped = false;
  m_isRunning = true;
  m_feed = std::make_shared<MeasurementFeed>();
  const CompareMeasurement asked{m_question, calibration(), {}, {}};
  const auto work = [model = m_model, engine = m_engine, asked, recipes = comparedRecipes(),
                     reference = referenceRecipe(), feed = m_feed](const core::JobContext& job) {
    return measureRecipes(*model, *engine, asked, recipes, reference, *feed, job);
  };
  const auto done = [this, model = m_model](CompareMeasurement result) {
    if (model != m_model) return;
    m_isRunning = false;
    m_measurement = std::move(result);
    m_feed.reset();
    Q_EMIT measured();
  };
  const auto failed = [this](const QString& sentence) {
    m_isRunning = false;
    m_failure = sentence;
    Q_EMIT measured();
  };
  m_jobs.run(this, {kMeasureTag, tr("Measuring quality and speed"), Lane::Inference, Priority::Sweep}, work, done,
             failed);
  m_poll.start();
  Q_EMIT measured();
}

void CompareState::stop() {
  m_jobs.cancelTag(kMeasureTag);
  takeNews();
  m_wasStopped = std::exchange(m_isRunning, false);
  Q_EMIT measured();
}

void CompareState::takeNews() {
  if (!m_feed) return;
  auto news = m_feed->take();
  if (!news) return;
  m_measurement = std::move(*news);
  Q_EMIT measured();
}

std::optional<RecipeSize> CompareState::size(const core::model::Recipe& recipe) const {
  const auto found = m_plans.sizes.find(recipe.toString());
  return found == m_plans.sizes.end() ? std::nullopt : std::optional(found->second);
}

const PlannedModel* CompareState::plan(const core::model::Recipe& recipe) const {
  const auto found = m_plans.plans.find(recipe.toString());
  return found == m_plans.plans.end() ? nullptr : &found->second;
}

QString CompareState::whyNoPlan(const core::model::Recipe& recipe) const {
  const auto found = m_plans.failures.find(recipe.toString());
  return found == m_plans.failures.end() ? QString() : found->second;
}

void CompareState::request(const std::vector<core::model::Recipe>& recipes) {
  std::vector<core::model::Recipe> missing;
  for (const auto& recipe : recipes)
    if (m_model && plan(recipe) == nullptr && whyNoPlan(recipe).isEmpty()) missing.push_back(recipe);
  const bool asksDevices = m_devicesHere.empty();
  if (missing.empty() && !asksDevices) return;
  if (m_jobs.isActive(kPlanTag) && missing == m_asked) return;
  m_asked = missing;
  // On the inference lane: it asks the drivers.
  const auto work = [model = m_model, missing, asksDevices](const core::JobContext& job) {
    Plans plans;
    if (asksDevices) plans.devices = app::devicesHere();
    for (const auto& recipe : missing) {
      const std::string key = recipe.toString();
      try {
        plans.sizes[key] = sizeUnder(model->checkpoint(), recipe);
        plans.plans[key] = planModel(*model, recipe, job);
      } catch (const core::Error& error) {
        plans.failures[key] = QString::fromUtf8(error.what());
      }
    }
    return plans;
  };
  const auto done = [this, model = m_model](Plans plans) {
    if (!plans.devices.empty()) m_devicesHere = std::move(plans.devices);
    if (model == m_model) {
      m_plans.plans.merge(plans.plans);
      m_plans.sizes.merge(plans.sizes);
      m_plans.failures.merge(plans.failures);
    }
    Q_EMIT plansChanged();
  };
  m_jobs.run(this, {kPlanTag, QString(), Lane::Inference}, work, done);
}

}  // namespace app
