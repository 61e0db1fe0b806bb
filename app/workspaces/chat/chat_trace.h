#pragma once
#include <optional>

#include "app/selection/trace_question.h"
#include "app/workspaces/chat/answer_pair.h"

namespace app {

/// Why the pair says what it says at a token, as a question to Trace: both read the prompt and the words before it.
/// @param pane whose words those are: 0 the reference's, else the compared one's
/// @return nothing where the two did not read the same prompt or run the same
std::optional<TraceQuestion> traceQuestionOf(const AnswerPair& pair, std::size_t pane, std::size_t index);

}  // namespace app
