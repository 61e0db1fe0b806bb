#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "app/session/open_model.h"
#include "core/base/job_context.h"
#include "core/model/recipe/recipe.h"

namespace app {

/// A question and the answer that is expected.
struct Exchange {
  std::string question, answer;
};

/// How well a model reads answers it is given, token by token (teacher forcing), and how far that is from what the
/// reference expects of the same tokens. The end of each answer counts as a token.
struct AnswerScore {
  std::size_t answers = 0, tokens = 0;
  /// e to the mean of −ln p over the tokens: 1 is certainty. Infinite when a token had no probability.
  double perplexity = 0.0;
  double kl = 0.0;          ///< mean KL(reference ‖ model) of the next token, nats
  double sameTop = 0.0;     ///< share of tokens for which both have the same favourite
  double exactShare = 0.0;  ///< share of answers whose every token is the favourite: what the model itself would write
};

/// Scores a model under a recipe, on the CPU; the reference has the weights as they are stored. Each question is a
/// conversation of its own.
/// @throws core::Error (Unsupported) when the model cannot chat, (InvalidArgument) without exchanges and when one does
///         not fit the context; core::Cancelled
AnswerScore scoreAnswers(OpenModel& model, const core::model::Recipe& recipe, std::span<const Exchange> exchanges,
                         const core::JobContext& job = core::JobContext());

}  // namespace app
