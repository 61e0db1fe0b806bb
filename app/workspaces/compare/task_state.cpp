#include "app/workspaces/compare/task_state.h"

#include <chrono>
#include <utility>

#include "app/session/cache_folder.h"
#include "app/session/engine.h"

namespace app {

namespace {

const QString kTasksTag = QStringLiteral("compare.tasks");
constexpr int kTaskPollMilliseconds = 120;
constexpr std::chrono::milliseconds kShowInterval{100};

/// Hands on what is known now and then, so that copying it takes no more than a tenth of the time.
class Showing {
 public:
  Showing(NewsFeed<TaskAnswers>& feed, const TaskAnswers& asked) : m_feed(feed), m_known(asked) {}

  void operator()(const TaskEvaluation& evaluation) {
    const auto begin = Clock::now();
    if (begin < m_next) return;
    m_known.evaluation = evaluation;
    m_feed.put(m_known);
    m_next = Clock::now() + std::max<Clock::duration>(kShowInterval, 10 * (Clock::now() - begin));
  }

 private:
  using Clock = std::chrono::steady_clock;
  NewsFeed<TaskAnswers>& m_feed;
  TaskAnswers m_known;
  Clock::time_point m_next{};
};

}  // namespace

TaskState::TaskState(CompareState& compare, QObject* parent) : QObject(parent), m_compare(compare) {
  m_poll.setInterval(kTaskPollMilliseconds);
  connect(&m_poll, &QTimer::timeout, this, [this] {
    takeNews();
    if (isAsking()) return;
    m_poll.stop();
    // A job that somebody cancelled delivers nothing.
    if (std::exchange(m_isRunning, false)) m_wasStopped = true;
    Q_EMIT changed();
  });
  connect(&compare.selection(), &Selection::modelChanged, this, &TaskState::followModel);
  connect(&compare, &CompareState::questionChanged, this, &TaskState::changed);
  connect(&compare.selection(), &Selection::calibrationChanged, this, &TaskState::changed);
  followModel();
}

TaskQuestion TaskState::question() const {
  TaskQuestion question;
  static_cast<CompareConditions&>(question) = m_compare.question();
  question.tasks = m_tasks;
  question.changed = changedAt(m_tasks);
  return question;
}

void TaskState::setTasks(const QString& tasks) {
  if (tasks == m_tasks) return;
  m_tasks = tasks;
  m_failure.clear();  // it was of other questions
  Q_EMIT changed();
}

bool TaskState::isAsking() const { return m_compare.jobs().isActive(kTasksTag); }

QString TaskState::whyOld() const {
  if (!m_answers) return {};
  const TaskQuestion now = question();
  if (m_answers->question.tasks != now.tasks) return tr("of other questions");
  if (m_answers->question.changed != now.changed) return tr("of the file before it was changed");
  if (!(m_answers->question == now)) return tr("asked with other settings");
  std::vector<core::model::Recipe> recipes;
  for (const TaskRow& row : m_answers->evaluation.rows) recipes.push_back(row.variant.recipe);
  return m_compare.whyOtherWeights(recipes, m_answers->calibration);
}

void TaskState::followModel() {
  if (m_model == m_compare.selection().model()) return;
  m_compare.jobs().cancelTag(kTasksTag);
  m_model = m_compare.selection().model();
  m_feed.reset();
  m_answers.reset();
  m_failure.clear();
  m_wasStopped = m_isRunning = false;
  Q_EMIT changed();
}

void TaskState::ask() {
  if (!m_model || isAsking()) return;
  m_failure.clear();
  m_wasStopped = false;
  m_isRunning = true;
  m_feed = std::make_shared<Feed>();
  const TaskAnswers asked{question(), m_compare.calibration(), {}};
  TaskRequest request;
  request.reference = {m_compare.referenceRecipe().value_or(core::model::Recipe()), asked.question.device,
                       core::model::KvType::F16};
  for (const auto& recipe : m_compare.comparedRecipes()) {
    Variant variant{recipe, asked.question.device, asked.question.kv};
    if (!(variant == request.reference)) request.compared.push_back(std::move(variant));
  }
  request.cacheFolder = userCacheFolder();
  const auto work = [model = m_model, engine = m_compare.engine(), asked, request,
                     feed = m_feed](const core::JobContext& job) {
    TaskRequest whole = request;
    whole.tasks = openTaskList(asked.question.tasks.toStdString());
    TaskAnswers result = asked;
    result.evaluation = evaluateTasks(*model, *engine, whole, Showing(*feed, asked), job);
    return result;
  };
  const auto done = [this, model = m_model](TaskAnswers result) {
    if (model != m_model) return;
    m_isRunning = false;
    m_answers = std::move(result);
    m_feed.reset();
    Q_EMIT changed();
  };
  const auto failed = [this](const QString& sentence) {
    m_isRunning = false;
    m_failure = sentence;
    Q_EMIT changed();
  };
  m_compare.jobs().run(this, {kTasksTag, tr("Tasks"), Lane::Inference, Priority::Sweep}, work, done, failed);
  m_poll.start();
  Q_EMIT changed();
}

void TaskState::stop() {
  m_compare.jobs().cancelTag(kTasksTag);
  takeNews();
  m_wasStopped = std::exchange(m_isRunning, false);
  Q_EMIT changed();
}

void TaskState::takeNews() {
  if (!m_feed) return;
  auto news = m_feed->take();
  if (!news) return;
  m_answers = std::move(*news);
  Q_EMIT changed();
}

}  // namespace app
