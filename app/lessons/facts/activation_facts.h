#pragma once
#include <span>

#include "app/lessons/facts/fact.h"

namespace app {

/// Inputs of the built-in model's layers, and what becomes of them.
std::span<const Fact> activationFacts();

}  // namespace app
