#pragma once
#include <span>
#include <string>
#include <string_view>

#include "app/lessons/facts/fact.h"

namespace app {

/// Every fact that lessons may name.
std::span<const Fact> facts();
/// Nothing of this name: null.
const Fact* findFact(std::string_view name);
/// One sentence when arguments are missing or unknown; empty when they are those of the fact.
std::string argumentProblem(const Fact& fact, const FactArguments& arguments);

}  // namespace app
