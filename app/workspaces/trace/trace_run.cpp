#include "app/workspaces/trace/trace_run.h"

#include <utility>

#include "app/session/merge_adapter.h"
#include "core/base/error.h"

namespace app {

namespace {

TraceRequest requestOf(const TraceQuestion& question, const OpenModel& model) {
  TraceRequest request;
  request.reference = question.reference;
  request.compared = question.compared;
  request.position = question.position;
  request.answer = question.answer;
  if (question.prompt) {
    request.prompt = *question.prompt;
  } else if (question.mode == TraceQuestion::Mode::Chat && model.chatTemplate()) {
    const std::vector<core::text::ChatMessage> messages{{"user", question.text.toStdString()}};
    request.prompt = tracePrompt(model, messages);
  } else {
    request.prompt = tracePrompt(model, question.text.toStdString());
  }
  return request;
}

core::model::Graph graphOf(OpenModel& model, const core::model::Recipe& recipe, const core::JobContext& job) {
  const auto calibration = model.calibration().current();
  const auto folded = withAdapterFolded(model, recipe, job.part(0.0, 0.5));
  return core::model::buildGraph(model.config(),
                                 model.weights().load(model.config(), folded, job.part(0.5, 1.0), calibration.get()));
}

}  // namespace

std::shared_ptr<const TracedModels> makeTracedModels(OpenModel& model, const TraceQuestion& question,
                                                     const core::JobContext& job) {
  if (model.whyNotRunnable()) throw core::Error(core::ErrorCode::Unsupported, *model.whyNotRunnable());
  auto models = std::make_shared<TracedModels>();
  models->reference = graphOf(model, question.reference.recipe, job.part(0.0, 0.5));
  models->compared = graphOf(model, question.compared.recipe, job.part(0.5, 1.0));
  models->tensors = core::trace::differingTensors(core::trace::BareGraph(models->compared),
                                                  core::trace::BareGraph(models->reference));
  return models;
}

void TraceFeed::put(TraceResult result) {
  const std::scoped_lock lock(m_mutex);
  m_news = std::move(result);
}

std::optional<TraceResult> TraceFeed::take() {
  const std::scoped_lock lock(m_mutex);
  return std::exchange(m_news, std::nullopt);
}

TraceResult runTrace(Engine& engine, OpenModel& model, const std::shared_ptr<const TraceQuestion>& question,
                     TraceFeed& feed, const core::JobContext& job) {
  const TraceRequest request = requestOf(*question, model);
  TraceResult result{question, nullptr, makeTracedModels(model, *question, job.part(0.0, 0.1)), std::nullopt};
  const auto onStage = [&](const Trace& known, TraceStage stage) {
    result.trace = std::make_shared<const Trace>(known);
    result.stage = stage;
    feed.put(result);
  };
  result.trace = std::make_shared<const Trace>(traceModel(engine, model, request, onStage, job.part(0.1, 1.0)));
  return result;
}

}  // namespace app
