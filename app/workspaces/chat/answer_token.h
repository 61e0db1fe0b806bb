#pragma once
#include <QString>
#include <optional>
#include <vector>

#include "core/model/session.h"
#include "core/text/tokenizer.h"

namespace app {

/// A token of an answer and what both models thought of its place.
struct AnswerToken {
  core::model::GeneratedToken token;
  /// KL(reference ‖ compared) in nats at this place; only where both models read the same words before it.
  std::optional<double> kl;
  /// The other model's most probable tokens there, under the same condition.
  std::vector<core::model::TokenProbability> otherTop;
};

/// The read-out of a token: its probability, the KL divergence and both lists of most probable tokens, as rich text.
/// @param title, otherTitle names of this pane's model and of the other one
QString describeToken(const AnswerToken& token, const core::text::Tokenizer* tokenizer, const QString& title,
                      const QString& otherTitle);

}  // namespace app
