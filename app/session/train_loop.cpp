#include "app/session/train_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "app/session/train_json.h"
#include "core/base/error.h"
#include "core/calibrate/model_hash.h"
#include "core/io/text_checks.h"

namespace app {

using core::JobContext;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds kKeepInterval{60};

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Drops what was told of steps behind the checkpoint: they are made again.
void cutAt(TrainHistory& history, std::uint64_t steps) {
  std::erase_if(history.steps, [steps](const auto& step) { return step.step > steps; });
  std::erase_if(history.evaluations, [steps](const auto& evaluation) { return evaluation.step > steps; });
  if (history.summary && history.summary->steps != steps) history.summary.reset();
}

}  // namespace

TrainLoop::TrainLoop(TrainTask task, const JobContext& job)
    : m_task(std::move(task)), m_trainer(m_task.trained, m_task.source, m_task.trainer, std::move(m_task.teacher)) {
  if (settings().isEvaluated) m_marker.emplace(m_task.model, settings(), job);
  const std::string hash = core::calibrate::modelHash(m_task.model.checkpoint(), job);
  if (!isRun(m_task.folder.path())) {
    m_task.folder.begin({m_task.model.source(), hash, m_task.settings, {}});
    m_lock.emplace(m_task.folder.path());
    return;
  }
  m_lock.emplace(m_task.folder.path());
  KeptRun kept = readRun(m_task.folder.path());
  if (kept.modelHash != hash || labJson(kept.settings) != labJson(m_task.settings))
    throw core::Error(core::ErrorCode::InvalidArgument,
                      fmt::format("{} has a training run of {}; choose another folder or go on with that one.",
                                  core::io::inQuotes(m_task.folder.path().string()),
                                  kept.modelHash == hash ? "other settings" : "another model"));
  m_history = std::move(kept.history);
  takeUp(job);
}

const TrainSettings& TrainLoop::settings() const {
  return std::visit([](const auto& lab) -> const TrainSettings& { return lab; }, m_task.settings);
}

void TrainLoop::takeUp(const JobContext& job) {
  std::error_code error;
  if (std::filesystem::is_regular_file(m_task.folder.checkpoint(), error))
    m_trainer.restore(m_task.folder.checkpoint(), job);
  cutAt(m_history, m_trainer.stepsDone());
}

double TrainLoop::trainedSeconds() const {
  return std::accumulate(m_history.steps.begin(), m_history.steps.end(), 0.0,
                         [](double sum, const auto& step) { return sum + step.seconds; });
}

void TrainLoop::tell(TrainActivity activity) const {
  if (m_task.visitor.begins) m_task.visitor.begins(activity);
}

void TrainLoop::begin(const JobContext& job) {
  tell(TrainActivity::Starting);
  const auto began = Clock::now();
  TrainStart start = m_task.start;
  if (m_marker) {
    start.heldOutAnswers = m_marker->answers();
    const auto mark = [&](core::model::Graph& graph, const JobContext& part) {
      MarkedModel marked(m_task.model, std::move(graph));
      return m_marker->mark(marked, part);
    };
    start.stored = mark(m_task.stored, job.part(0.0, 0.5));
    start.untrained = mark(m_task.untrained, job.part(0.5, 1.0));
  }
  start.seconds = secondsSince(began);
  m_history.start = std::move(start);
  if (m_task.visitor.started) m_task.visitor.started(*m_history.start);
}

void TrainLoop::evaluate(const JobContext& job) {
  tell(TrainActivity::Evaluating);
  const auto began = Clock::now();
  TrainEvaluation evaluation;
  evaluation.step = m_trainer.stepsDone();
  evaluation.seconds = trainedSeconds();
  m_task.trained.prepare(job.part(0.0, 0.05));
  try {
    MarkedModel now(m_task.model, m_task.now(job.part(0.05, 0.1)));
    evaluation.now = m_marker->mark(now, job.part(0.1, 0.7));
    m_task.describe(evaluation, now, job.part(0.7, 1.0));
  } catch (const core::Error& error) {
    if (error.code() != core::ErrorCode::NotFinite || evaluation.step == 0) throw;
    // Its values outgrew what a chat computes in (a cache in FP16) before training itself noticed.
    throw core::Error(core::ErrorCode::NotFinite,
                      fmt::format("After step {} the run has diverged: a lower learning rate (it was at most {:.2g}) "
                                  "helps. {}",
                                  evaluation.step, settings().rate, error.what()),
                      error.where());
  }
  evaluation.took = secondsSince(began);
  m_history.evaluations.push_back(std::move(evaluation));
  if (m_task.visitor.evaluated) m_task.visitor.evaluated(m_history.evaluations.back());
}

void TrainLoop::keep() {
  m_task.folder.keep(m_history);
  m_trainer.save(m_task.folder.checkpoint());
}

TrainSummary TrainLoop::run(const JobContext& job) {
  const auto all = static_cast<double>(m_trainer.settings().steps);
  const auto isDue = [this] {
    if (!m_marker) return false;
    const bool isKnown = !m_history.evaluations.empty() && m_history.evaluations.back().step == m_trainer.stepsDone();
    const std::uint64_t every = settings().evaluateEvery, done = m_trainer.stepsDone();
    return !isKnown && (done == 0 || m_trainer.isFinished() || (every != 0 && done % every == 0));
  };
  // A summary is of the step it was made at; another step is made now.
  const std::uint64_t measuredBefore = m_history.summary ? m_history.summary->measuredBytes : 0;
  m_history.summary.reset();
  try {
    if (!m_history.start) begin(job.part(0.0, 0.0));
    m_task.stored = m_task.untrained = {};  // nothing of the model's size is kept for them
    auto kept = Clock::now();
    bool wantsPause = false;
    while (!wantsPause) {
      const double done = static_cast<double>(m_trainer.stepsDone()) / all;
      const JobContext part = job.part(done, done);
      if (isDue()) evaluate(part);
      if (m_trainer.isFinished()) break;
      tell(TrainActivity::Training);
      job.progress(done, fmt::format("Training, step {} of {}", m_trainer.stepsDone() + 1, m_trainer.settings().steps));
      m_history.steps.push_back(m_trainer.step(part));
      if (m_task.visitor.step) m_task.visitor.step(m_history.steps.back());
      wantsPause = m_task.pause && !m_trainer.isFinished();
      if (Clock::now() - kept < kKeepInterval) continue;
      keep();
      kept = Clock::now();
    }
  } catch (const core::Cancelled&) {
    keep();
    throw;
  } catch (const core::Error& error) {
    const bool isHopeless = !m_history.start || error.code() == core::ErrorCode::NotFinite;
    if (m_trainer.stepsDone() == 0 && isHopeless) {  // there is nothing to go on with
      removeRun(m_task.folder.path());
      throw;
    }
    // The parameters are as they were before the step that failed: that much can be used.
    try {
      keep();
    } catch (const core::Error&) {
      // What ended the run is what a person should hear.
    }
    throw;
  }
  m_ended = Clock::now();
  tell(TrainActivity::Writing);
  keep();
  TrainSummary summary;
  summary.isFinished = m_trainer.isFinished();
  summary.steps = m_trainer.stepsDone();
  summary.seconds = trainedSeconds();
  for (const auto& step : m_history.steps) summary.tokens += step.tokens;
  summary.measuredBytes = std::max(m_task.memory.bytes(), measuredBefore);
  return summary;
}

TrainSummary TrainLoop::conclude(TrainSummary summary) {
  summary.concluding = secondsSince(m_ended);
  m_history.summary = summary;
  m_task.folder.keep(m_history);
  return summary;
}

}  // namespace app
