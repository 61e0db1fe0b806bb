#include "app/session/memory_plan_json.h"

#include <cmath>

namespace app {

using Json = nlohmann::ordered_json;

Json bytesJson(double value) {
  return std::abs(value) < 0x1p62 ? Json(static_cast<std::int64_t>(std::llround(value))) : Json(value);
}

Json memoryPlanJson(const PlannedModel& model, const DevicePlan& plan, const MemoryQuestion& question) {
  Json types = Json::array();
  for (const auto& type : model.types)
    types.push_back({{"type", type.type}, {"tensors", type.tensors}, {"weights", type.weights}, {"bytes", type.bytes}});
  return {{"device", plan.device.name},
          {"fits", plan.fits()},
          {"weights", bytesJson(plan.parts.weights)},
          {"weights_in_host_memory", bytesJson(plan.parts.hostWeights)},
          {"in_host_memory", plan.parts.hostParts},
          {"kv_cache", bytesJson(plan.parts.kvCache)},
          {"compute", bytesJson(plan.parts.compute)},
          {"overhead", bytesJson(plan.parts.overhead)},
          {"total", bytesJson(plan.parts.total())},
          {"capacity", bytesJson(plan.capacity)},
          {"left", bytesJson(plan.left())},
          {"longest_context", plan.longestContext},
          {"scheme", model.scheme},
          {"parameters", bytesJson(model.parameters)},
          {"bits_per_weight", model.bitsPerWeight()},
          {"stored_bytes", bytesJson(model.weightBytes)},
          {"types", std::move(types)},
          {"attention", model.kv.describe()},
          {"context", question.context},
          {"sequences", question.sequences},
          {"kv_type", std::string(nameOf(question.kv))},
          {"program", question.program == Program::Quantscope ? "quantscope" : "llama.cpp"},
          {"note", model.note}};
}

}  // namespace app
