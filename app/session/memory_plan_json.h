#pragma once
#include <nlohmann/json.hpp>

#include "app/session/memory_plan.h"

namespace app {

/// Bytes as a whole number. Beyond 2^62 one says no more than the double it is.
nlohmann::ordered_json bytesJson(double value);

/// What a model takes of a device, part by part, and what was asked.
nlohmann::ordered_json memoryPlanJson(const PlannedModel& model, const DevicePlan& plan,
                                      const MemoryQuestion& question);

}  // namespace app
