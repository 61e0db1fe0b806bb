#pragma once
#include <cstdint>
#include <string>

#include "app/session/answer_score.h"

namespace app {

/// How the built-in chat model reads the lessons' answers after it was trained through a scheme, on the built-in
/// training text, in small steps (4 sequences of 128 tokens). What was computed once is remembered.
/// @throws core::Error for a scheme that cannot be trained; core::Cancelled
AnswerScore trainedScore(const std::string& scheme, std::uint64_t steps, const core::JobContext& job);

/// How many of the first example facts the built-in model knows, over an NF4 base, after an adapter was trained on
/// them without replay; remembered. @throws as trainedScore
std::uint64_t factsLearned(std::uint64_t facts, std::uint64_t steps, const core::JobContext& job);

}  // namespace app
