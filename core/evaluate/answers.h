#pragma once
#include <span>
#include <vector>

#include "core/evaluate/passage.h"
#include "core/text/chat_template.h"

namespace core::evaluate {

/// The answers of one conversation as passages, all of the same block.
struct ConversationPassages {
  std::vector<Passage> passages;  ///< one, unless the template writes earlier turns otherwise once there are later ones
  std::size_t tooLong = 0;        ///< answers that end beyond the context
};

/// Finds the tokens of every answer ("assistant") as the model itself would write them: what follows the prompt that
/// its template makes of the turns before, up to the token that ends the turn, included.
/// @throws Error as rendering
ConversationPassages findAnswers(std::span<const text::ChatMessage> messages, const text::Tokenizer& tokenizer,
                                 const text::ChatTemplate& chatTemplate, std::uint32_t context);

}  // namespace core::evaluate
