#pragma once
#include <span>

#include "app/lessons/facts/fact.h"

namespace app {

/// From parameters to memory (core/quant/model_size).
std::span<const Fact> sizeFacts();

}  // namespace app
