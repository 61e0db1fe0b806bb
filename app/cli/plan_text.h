#pragma once
#include <vector>

#include "app/cli/command.h"
#include "app/session/memory_plan.h"

namespace app::cli {

/// A table of devices for each model.
void printPlans(const std::vector<PlannedModel>& models, const std::vector<PlannedDevice>& devices,
                const MemoryQuestion& question);

/// Well-known claims about sizes beside what is computed, as a table or an array.
void printClaims(Output output);

}  // namespace app::cli
