#include "app/workspaces/layers/measured_layers.h"

#include <algorithm>
#include <utility>

#include "app/session/engine.h"

namespace app {

namespace {

const QString kLayersTag = QStringLiteral("layers.measure");
constexpr int kLayersPollMilliseconds = 120;

}  // namespace

MeasuredLayers::MeasuredLayers(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_engine(std::make_shared<Engine>()) {
  m_poll.setInterval(kLayersPollMilliseconds);
  // A job that was cancelled, here or elsewhere, delivers nothing: what it has found is taken all the same.
  connect(&m_poll, &QTimer::timeout, this, [this] {
    const bool hasEnded = !isMeasuring();
    takeNews();
    if (!hasEnded) return;
    m_poll.stop();
    m_feed.reset();
    Q_EMIT changed();
  });
  connect(&selection, &Selection::modelChanged, this, &MeasuredLayers::followModel);
  connect(&selection, &Selection::comparedModelChanged, this, &MeasuredLayers::forgetOtherModels);
  connect(&selection, &Selection::calibrationChanged, this, [this] {
    const bool isMadeWith = std::ranges::any_of(
        m_order.recipes, [this](const core::model::Recipe& recipe) { return !calibrationOf(recipe).empty(); });
    if (isMadeWith && isMeasuring()) stop();
    Q_EMIT changed();
  });
  followModel();
}

MeasuredLayers::~MeasuredLayers() = default;

void MeasuredLayers::followModel() {
  if (m_model == m_selection.model()) return;
  m_jobs.cancelTag(kLayersTag);
  m_feed.reset();
  m_answers.clear();
  m_failure.clear();
  m_model = m_selection.model();
  // Conversations are what the built-in model was made for; of another one nothing is known.
  if (!m_isChosen && m_model) m_question.text = m_model->isDemo() ? QStringLiteral("demo") : QStringLiteral("prose");
  Q_EMIT questionChanged();
  Q_EMIT changed();
}

// Another model may come under the name of one that went.
void MeasuredLayers::forgetOtherModels() {
  const auto isOther = [](const core::model::Recipe& recipe) { return recipe.otherModel() != nullptr; };
  if (isMeasuring() && std::ranges::any_of(m_order.recipes, isOther)) stop();
  std::erase_if(m_answers,
                [](const MeasuredAnswer& answer) { return answer.recipe.starts_with(core::model::kOtherModelPrefix); });
  Q_EMIT changed();
}

void MeasuredLayers::setQuestion(const MeasuredQuestion& question) {
  if (question == m_question) return;
  m_isChosen = m_isChosen || question.text != m_question.text;
  m_question = question;
  m_failure.clear();
  Q_EMIT questionChanged();
}

void MeasuredLayers::setLevel(core::evaluate::Level level) {
  if (level == m_level) return;
  m_level = level;
  Q_EMIT questionChanged();
}

std::string MeasuredLayers::calibrationOf(const core::model::Recipe& recipe) const {
  if (!m_model || m_selection.needOf(recipe) == core::quant::CalibrationNeed::None) return {};
  const auto calibration = m_model->calibration().current();
  return calibration ? calibration->identity() : std::string();
}

bool MeasuredLayers::isOld(const MeasuredAnswer& answer) const {
  if (!(answer.question == m_question)) return true;
  if (answer.calibration.empty()) return false;
  const auto calibration = m_model ? m_model->calibration().current() : nullptr;
  return !calibration || calibration->identity() != answer.calibration;
}

const MeasuredAnswer* MeasuredLayers::find(const core::model::Recipe& recipe) const {
  const std::string key = recipe.toString();
  const MeasuredAnswer* newest = nullptr;
  for (const MeasuredAnswer& answer : m_answers) {
    if (answer.recipe != key) continue;
    newest = &answer;
    if (!isOld(answer)) return newest;
  }
  return newest;
}

bool MeasuredLayers::hasMore(const core::model::Recipe& recipe) const {
  const MeasuredAnswer* answer = find(recipe);
  return answer == nullptr || isOld(*answer) || !answer->isComplete || answer->rows(m_level).empty();
}

bool MeasuredLayers::isMeasuring() const { return m_jobs.isActive(kLayersTag); }

bool MeasuredLayers::isMeasuring(const core::model::Recipe& recipe) const {
  const MeasuredAnswer* answer = find(recipe);
  return answer != nullptr && isMeasuring(*answer);
}

bool MeasuredLayers::isMeasuring(const MeasuredAnswer& answer) const {
  return isMeasuring() && !answer.isComplete && answer.question == m_order.question &&
         std::ranges::any_of(m_order.recipes,
                             [&](const core::model::Recipe& recipe) { return recipe.toString() == answer.recipe; });
}

MeasuredAnswer& MeasuredLayers::answerTo(const core::model::Recipe& recipe) {
  const std::string key = recipe.toString(), calibration = m_calibrations[key];
  const auto found = std::ranges::find_if(m_answers, [&](const MeasuredAnswer& answer) {
    return answer.recipe == key && answer.question == m_order.question && answer.calibration == calibration;
  });
  if (found != m_answers.end()) return *found;
  m_answers.push_back({m_order.question, key, calibration, {}, 0, false, {}});
  return m_answers.back();
}

void MeasuredLayers::measure(const std::vector<core::model::Recipe>& recipes) {
  if (!m_model || isMeasuring()) return;
  m_failure.clear();
  m_order = {m_question, {}, m_level};
  for (const auto& recipe : recipes)
    if (m_selection.waitOf(recipe) == CalibrationWait::Nothing) m_order.recipes.push_back(recipe);
  if (m_order.recipes.empty()) return;
  m_calibrations.clear();
  for (const auto& recipe : m_order.recipes) {
    m_calibrations[recipe.toString()] = calibrationOf(recipe);
    MeasuredAnswer& answer = answerTo(recipe);
    answer.isComplete = false;
    answer.done = 0;
    answer.failure.clear();
  }
  m_feed = std::make_shared<MeasuredFeed>();
  m_jobs.run(
      this, {kLayersTag, tr("Measuring tensors one by one"), Lane::Inference, Priority::Sweep},
      [model = m_model, engine = m_engine, order = m_order, feed = m_feed](const core::JobContext& job) {
        measureRecipeTensors(*model, *engine, order, *feed, job);
      },
      [] {}, [this](const QString& sentence) { m_failure = sentence; });
  m_poll.start();
  Q_EMIT changed();
}

void MeasuredLayers::stop() {
  m_jobs.cancelTag(kLayersTag);
  takeNews();
  Q_EMIT changed();
}

void MeasuredLayers::takeNews() {
  if (!m_feed) return;
  auto news = m_feed->take();
  if (news.empty()) return;
  for (const auto& recipe : m_order.recipes) {
    const auto found = news.find(recipe.toString());
    if (found == news.end()) continue;
    MeasuredAnswer& answer = answerTo(recipe);
    if (!found->second.report.rows.empty()) answer.add(std::move(found->second.report));
    answer.isComplete = found->second.isComplete;
    answer.failure = found->second.failure;
  }
  Q_EMIT changed();
}

}  // namespace app
