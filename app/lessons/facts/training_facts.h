#pragma once
#include <span>

#include "app/lessons/facts/fact.h"

namespace app {

/// What training does to the built-in model, and what it takes of memory.
std::span<const Fact> trainingFacts();

}  // namespace app
