#pragma once
#include <span>

#include "app/lessons/facts/fact.h"

namespace app {

/// What limits how fast a model writes and reads.
std::span<const Fact> speedFacts();

}  // namespace app
