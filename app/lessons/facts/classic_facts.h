#pragma once
#include <span>

#include "app/lessons/facts/fact.h"

namespace app {

/// What quantization does to a regression, a tree and an image network (core/classic).
std::span<const Fact> classicFacts();

}  // namespace app
