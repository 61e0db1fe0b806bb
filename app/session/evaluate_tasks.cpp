#include "app/session/evaluate_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "app/session/build_text.h"
#include "app/session/calibrate_model.h"
#include "app/session/contestant.h"
#include "app/session/demo_model.h"
#include "app/session/kept_answers.h"
#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/calibrate/model_hash.h"
#include "core/evaluate/answers.h"
#include "core/evaluate/logit_stream.h"
#include "core/evaluate/row_comparison.h"

namespace app {

namespace evaluate = core::evaluate;
using core::JobContext;
using evaluate::Task;
using evaluate::TaskMatch;

namespace {

/// One variant answering tasks.
class Answerer {
 public:
  Answerer(OpenModel& model, Engine& engine, const Variant& variant, const JobContext& job)
      : m_model(model),
        m_session(engine.createSession(model, variant, 0, job)),
        m_stream(m_session->executor(), {variant.kv, Engine::contextLength(model, {}), model.tokenizer()->size()}) {}

  std::string device() const { return m_session->executor().deviceName(); }

  /// A question that does not fit is a failure of its answer, not of the run.
  TaskAnswer answer(const Task& task, const JobContext& job) {
    try {
      return task.match == TaskMatch::Choice ? choose(task, job) : write(task, job);
    } catch (const core::Error& error) {
      if (error.code() != core::ErrorCode::InvalidArgument) throw;
      return {.text = {}, .failure = error.what()};
    }
  }

 private:
  TaskAnswer write(const Task& task, const JobContext& job) {
    core::model::GenerationOptions greedy;
    greedy.sampling.temperature = 0;
    greedy.maxTokens = task.maxTokens;
    const auto result = m_session->chat(task.messages, greedy, {}, job);
    job.throwIfCancelled();  // the session returns what was said so far
    TaskAnswer answer{.text = result.text, .isCut = result.stop != core::model::StopReason::EndOfTurn, .failure = {}};
    try {
      answer.right = answer.rightPerByte = task.accepts(result.text);
    } catch (const core::Error& error) {
      answer.failure = error.what();  // a regular expression that takes too long
    }
    return answer;
  }

  TaskAnswer choose(const Task& task, const JobContext& job) {
    std::size_t best = 0, bestPerByte = 0;
    double most = -std::numeric_limits<double>::infinity(), mostPerByte = most;
    for (std::size_t i = 0; i < task.choices.size(); ++i) {
      const double sum = logProbability(task, task.choices[i], job);
      const double perByte = sum / static_cast<double>(task.choices[i].size());
      if (sum > most) most = sum, best = i;
      if (perByte > mostPerByte) mostPerByte = perByte, bestPerByte = i;
    }
    return {task.choices[best], best == task.right, bestPerByte == task.right, false, {}};
  }

  double logProbability(const Task& task, const std::string& choice, const JobContext& job) {
    auto messages = task.messages;
    messages.push_back({"assistant", choice});
    const auto found =
        evaluate::findAnswers(messages, *m_model.tokenizer(), *m_model.chatTemplate(), m_stream.capacity());
    if (found.passages.empty())
      throw core::Error(
          core::ErrorCode::InvalidArgument,
          fmt::format("A question with its answer does not fit the context of {} tokens.", m_stream.capacity()));
    const evaluate::Passage& passage = found.passages.back();
    const evaluate::PositionRange range = passage.answers.back();
    double sum = 0;
    m_stream.visit(
        std::span(passage.tokens).first(range.last), range.first,
        [&](std::size_t position, std::span<const float> row) {
          const auto token = static_cast<std::size_t>(passage.tokens[position + 1]);
          sum += static_cast<double>(row[token]) - evaluate::summarizeRow(row).logSum;
        },
        job);
    return sum;
  }

  OpenModel& m_model;
  std::unique_ptr<core::model::Session> m_session;
  evaluate::LogitStream m_stream;
};

/// Accuracy, and what turned against the reference.
void judgeRow(TaskRow& row, const TaskRow& reference) {
  std::uint64_t right = 0, perByte = 0;
  row.turnedWrong.clear(), row.turnedRight.clear();
  for (std::size_t i = 0; i < row.answers.size(); ++i) {
    right += row.answers[i].right ? 1 : 0;
    perByte += row.answers[i].rightPerByte ? 1 : 0;
    if (i >= reference.answers.size() || row.answers[i].right == reference.answers[i].right) continue;
    (row.answers[i].right ? row.turnedRight : row.turnedWrong).push_back(i);
  }
  row.accuracy = evaluate::wilsonInterval(right, row.answers.size());
  row.accuracyPerByte =
      row.answers.empty() ? 0.0 : static_cast<double>(perByte) / static_cast<double>(row.answers.size());
  row.pValue = evaluate::mcNemar(row.turnedWrong.size(), row.turnedRight.size());
}

class TaskEvaluator {
 public:
  TaskEvaluator(OpenModel& model, Engine& engine, const TaskRequest& request, const OnAnswer& onAnswer,
                const JobContext& job)
      : m_model(model), m_engine(engine), m_request(request), m_onAnswer(onAnswer) {
    if (model.whyCannotChat()) throw core::Error(core::ErrorCode::Unsupported, *model.whyCannotChat());
    if (!request.cacheFolder.empty()) m_modelHash = core::calibrate::modelHash(model.checkpoint(), job);
    m_result.tasks = request.tasks;
    m_result.reference = rowOf(request.reference);
    for (const Variant& variant : request.compared) m_result.rows.push_back(rowOf(variant));
  }

  TaskEvaluation run(const JobContext& job) {
    const auto all = static_cast<double>(m_result.rows.size() + 1);
    ask(m_result.reference, job.part(0.0, 1 / all));
    for (std::size_t i = 0; i < m_result.rows.size(); ++i) {
      const auto done = static_cast<double>(i + 1);
      const JobContext part = job.part(done / all, (done + 1) / all);
      try {
        ask(m_result.rows[i], part);
      } catch (const core::Error& error) {
        m_result.rows[i].failure = error.what();
      }
    }
    return std::move(m_result);
  }

 private:
  static TaskRow rowOf(const Variant& variant) {
    TaskRow row;
    row.variant = variant;
    row.text = variant.toString(), row.name = variant.displayName();
    return row;
  }

  void ask(TaskRow& row, const JobContext& job) {
    const auto& tasks = m_result.tasks.tasks;
    const auto identity = identityOf(m_model, row.variant);
    const KeptAnswers kept(identity ? m_request.cacheFolder : std::filesystem::path(),
                           fmt::format("tasks 1\n{}\n{}\n{:016x}\n{}", buildText(), m_modelHash, m_result.tasks.hash,
                                       identity.value_or("")));
    row.answers = kept.read(tasks.size(), row.device);
    std::optional<Answerer> answerer;
    try {
      while (row.answers.size() < tasks.size()) {
        const std::size_t next = row.answers.size();
        job.progress(static_cast<double>(next) / static_cast<double>(tasks.size()), "Asking questions");
        if (!answerer) {
          answerer.emplace(m_model, m_engine, row.variant, job);
          row.device = answerer->device();
        }
        row.answers.push_back(answerer->answer(tasks[next], job));
        judgeRow(row, m_result.reference);
        if (m_onAnswer) m_onAnswer(m_result);
      }
    } catch (...) {
      kept.write(row.answers, row.device);
      throw;
    }
    if (answerer) kept.write(row.answers, row.device);
    judgeRow(row, m_result.reference);
  }

  OpenModel& m_model;
  Engine& m_engine;
  const TaskRequest& m_request;
  const OnAnswer& m_onAnswer;
  std::string m_modelHash;
  TaskEvaluation m_result;
};

}  // namespace

std::vector<std::size_t> TaskEvaluation::flipped() const {
  std::vector<std::size_t> all;
  for (const TaskRow& row : rows) {
    all.insert(all.end(), row.turnedWrong.begin(), row.turnedWrong.end());
    all.insert(all.end(), row.turnedRight.begin(), row.turnedRight.end());
  }
  std::ranges::sort(all);
  const auto again = std::ranges::unique(all);
  all.erase(again.begin(), again.end());
  return all;
}

TaskEvaluation evaluateTasks(OpenModel& model, Engine& engine, const TaskRequest& request, const OnAnswer& onAnswer,
                             const JobContext& job) {
  return TaskEvaluator(model, engine, request, onAnswer, job.part(0.0, 0.02)).run(job.part(0.02, 1.0));
}

evaluate::TaskList openTaskList(const std::string& wordOrFile) {
  if (wordOrFile != kDemoText) {
    rememberRead(wordOrFile, "the file of tasks");
    return evaluate::openTasks(wordOrFile);
  }
  auto list = evaluate::openTasks(builtInTextPath("evaluation/tasks.jsonl"));
  list.title = "demo tasks";
  return list;
}

}  // namespace app
