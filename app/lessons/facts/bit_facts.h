#pragma once
#include <span>

#include "app/lessons/facts/fact.h"

namespace app {

/// What one bit of the built-in chat model's stored weights does when it is the other way round.
std::span<const Fact> bitFacts();

}  // namespace app
