#pragma once
#include <span>

#include "app/lessons/facts/fact.h"

namespace app {

/// What schemes do to weights: codes, levels, errors, bits per weight (core/quant, core/metrics).
std::span<const Fact> quantizationFacts();

}  // namespace app
