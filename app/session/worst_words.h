#pragma once
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "app/session/evaluation.h"
#include "core/text/tokenizer.h"

namespace app {

/// A position at which a compared model is far from the reference, as people read it. Texts are valid UTF-8; what is
/// no text is shown by its code, control tokens by their names.
struct WorstWord {
  std::string before;               ///< the end of what both had read; lines stay lines
  bool isCut = false;               ///< whether they had read more
  std::string token;                ///< what the text goes on with
  std::string reference, compared;  ///< what either would have said
};

/// What both had read at a position of the text; empty where the text has no such position.
std::span<const core::text::TokenId> tokensBefore(const Evaluation& evaluation,
                                                  const core::evaluate::WorstPosition& position);
/// @param mostTokens of what they had read
WorstWord worstWord(const Evaluation& evaluation, const core::evaluate::WorstPosition& position,
                    const core::text::Tokenizer& tokenizer, std::size_t mostTokens = 48);

/// The row's worst positions, at most so many: place in the text, tokens that were read before it, probabilities under
/// [reference, compared].
nlohmann::ordered_json worstJson(const Evaluation& evaluation, const EvaluationRow& row,
                                 const core::text::Tokenizer& tokenizer, std::size_t most);

}  // namespace app
