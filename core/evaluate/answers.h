#pragma once
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/evaluate/passage.h"
#include "core/text/chat_template.h"

namespace core::evaluate {

/// The answers of one conversation as passages, all of the same block.
struct ConversationPassages {
  std::vector<Passage> passages;  ///< one, unless the template writes earlier turns otherwise once there are later ones
  std::size_t tooLong = 0;        ///< answers that end beyond the context
};

/// Finds the tokens of every answer ("assistant") as the model itself would write them: what follows the prompt that
/// its template makes of the turns before, up to the token that ends the turn, included. Turns are written from the
/// first on, each once more with every answer behind it, until a prompt alone fills the context: what stands behind
/// that is too long unseen, so that the work grows with the context and not with the conversation.
/// @throws Error as rendering, Cancelled
ConversationPassages findAnswers(std::span<const text::ChatMessage> messages, const text::Tokenizer& tokenizer,
                                 const text::ChatTemplate& chatTemplate, std::uint32_t context,
                                 const JobContext& job = JobContext());

}  // namespace core::evaluate
