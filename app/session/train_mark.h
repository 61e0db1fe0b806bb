#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/session/open_model.h"
#include "app/session/train_news.h"
#include "core/evaluate/reading.h"
#include "core/model/session.h"

namespace app {

/// One state of a model that is asked and reads, on the CPU as it would run in a chat.
class MarkedModel {
 public:
  /// @param model outlives this
  MarkedModel(const OpenModel& model, core::model::Graph graph);

  /// What it writes greedily as the answer to one question, blanks at both ends apart.
  /// @param mostTokens after which it is cut
  std::string answer(const std::string& question, std::uint32_t mostTokens, const core::JobContext& job);
  /// @throws core::Error (InvalidArgument) for passages with tokens that the model does not have
  core::evaluate::Estimate perplexity(const core::evaluate::Reading& reading, const core::JobContext& job);

 private:
  const OpenModel& m_model;
  core::model::Session m_session;
};

/// Marks states of a model by the same text and the same questions.
class TrainMarker {
 public:
  /// Reads the held-out text. @param model, settings outlive this
  /// @throws core::Error as openEvaluationText, core::evaluate::readText; core::Cancelled
  TrainMarker(const OpenModel& model, const TrainSettings& settings, const core::JobContext& job);

  std::uint64_t answers() const { return m_reading.answers; }
  TrainMark mark(MarkedModel& marked, const core::JobContext& job) const;
  /// Of each fact, whether it is known in the question's own wording and in those that are never trained.
  static std::vector<FactKnown> askFacts(MarkedModel& marked, const OpenModel& model, std::span<const NewFact> facts,
                                         const core::JobContext& job);

 private:
  const TrainSettings& m_settings;
  core::evaluate::Reading m_reading;
};

}  // namespace app
