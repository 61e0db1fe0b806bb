#pragma once
#include <span>

#include "app/lessons/facts/fact.h"

namespace app {

/// What number formats do: fields, values, spacing, sums (core/numeric).
std::span<const Fact> numberFacts();

}  // namespace app
