#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "app/selection/trace_question.h"
#include "app/session/trace_model.h"
#include "core/model/graph.h"
#include "core/trace/differing_tensors.h"

namespace app {

/// Both models of a question, as products see them. Holds their weights, so that whoever asks for them again has them
/// at once.
struct TracedModels {
  core::model::Graph reference, compared;
  std::vector<core::trace::DifferingTensor> tensors;  ///< `mine` is the compared model's
};

/// A trace as far as it is known, and what it was computed from.
struct TraceResult {
  std::shared_ptr<const TraceQuestion> question;
  std::shared_ptr<const Trace> trace;
  std::shared_ptr<const TracedModels> models;
  std::optional<TraceStage> stage;  ///< the last one that is complete
};

/// Carries what is known so far from the inference thread to the window. Thread-safe.
class TraceFeed {
 public:
  void put(TraceResult result);
  std::optional<TraceResult> take();

 private:
  std::mutex m_mutex;
  std::optional<TraceResult> m_news;
};

/// On any thread but the window's. @throws core::Error, core::Cancelled
std::shared_ptr<const TracedModels> makeTracedModels(OpenModel& model, const TraceQuestion& question,
                                                     const core::JobContext& job);
/// Makes both models and follows the question to the end. For the inference thread.
/// @throws core::Error as traceModel; core::Cancelled (the feed has what is known)
TraceResult runTrace(Engine& engine, OpenModel& model, const std::shared_ptr<const TraceQuestion>& question,
                     TraceFeed& feed, const core::JobContext& job);

}  // namespace app
