#pragma once
#include <span>

#include "app/lessons/facts/fact.h"

namespace app {

/// What it does to the built-in chat model (session/answer_score), and to all four.
std::span<const Fact> chatFacts();

}  // namespace app
