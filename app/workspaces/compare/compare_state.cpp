#include "app/workspaces/compare/compare_state.h"

#include "app/session/engine.h"
#include "core/base/error.h"

namespace app {

namespace {

const QString kMeasureTag = QStringLiteral("compare.measure"), kPlanTag = QStringLiteral("compare.plan");
constexpr int kPollMilliseconds = 120;

}  // namespace

CompareState::CompareState(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_engine(std::make_shared<Engine>()) {
  m_poll.setInterval(kPollMilliseconds);
  connect(&m_poll, &QTimer::timeout, this, [this] {
    takeNews();
    if (isMeasuring()) return;
    m_poll.stop();
    Q_EMIT measured();
  });
  connect(&selection, &Selection::modelChanged, this, &CompareState::followModel);
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
  Q_EMIT plansChanged();
  Q_EMIT measured();
}

void CompareState::setQuestion(const CompareQuestion& question) {
  if (question == m_question) return;
  m_question = question;
  Q_EMIT questionChanged();
}

const CompareMeasurement* CompareState::measurement() const { return m_measurement ? &*m_measurement : nullptr; }

bool CompareState::isMeasuring() const { return m_jobs.isActive(kMeasureTag); }

void CompareState::measure() {
  if (!m_model || isMeasuring()) return;
  m_failure.clear();
  const bool isOther = m_question.reference == CompareQuestion::Reference::ComparedModel;
  const auto reference = isOther ? m_selection.comparedRecipe() : std::nullopt;
  // The weights as stored are compared, too, where keys and values are rounded or another model is the reference.
  std::vector<core::model::Recipe> recipes;
  if (m_question.kv != core::model::KvType::F16 || reference) recipes.emplace_back();
  for (const auto& recipe : m_selection.checkedRecipes()) recipes.push_back(recipe);
  m_feed = std::make_shared<MeasurementFeed>();
  const auto work = [model = m_model, engine = m_engine, question = m_question, recipes, reference,
                     feed = m_feed](const core::JobContext& job) {
    return measureRecipes(*model, *engine, question, recipes, reference, *feed, job);
  };
  const auto done = [this, model = m_model](CompareMeasurement result) {
    if (model != m_model) return;
    m_measurement = std::move(result);
    m_feed.reset();
    Q_EMIT measured();
  };
  const auto failed = [this](const QString& sentence) {
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
  Q_EMIT measured();
}

void CompareState::takeNews() {
  if (!m_feed) return;
  auto news = m_feed->take();
  if (!news || !m_model || news->model != m_model->source()) return;
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
