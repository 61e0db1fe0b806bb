#include "app/session/benchmark.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/session/device_list.h"
#include "core/base/error.h"

namespace app {

namespace {

/// Tokens that every executor reads in one piece.
constexpr std::uint32_t kOnePiece = 128;

std::optional<double> shareOfLimit(double perSecond, double limit) {
  return limit > 0 ? std::optional(perSecond / limit) : std::nullopt;
}

Benchmark measureOn(Engine& engine, OpenModel& model, const Engine::SessionOptions& session,
                    const BenchSettings& settings, std::map<std::string, DeviceLimits>& limits,
                    const core::JobContext& job) {
  const auto executor = engine.createExecutor(model, session, job);
  const core::model::MemoryUse memory = executor->memory();
  Benchmark result;
  result.device = executor->deviceName();
  result.scheme = session.recipe.toString();
  result.weightBytes = memory.weightBytes;
  result.hostWeightBytes = memory.hostBytes;
  result.hostParts = memory.hostParts;
  auto known = limits.find(result.device);
  if (known == limits.end()) known = limits.emplace(result.device, measureLimits(*executor)).first;
  result.limits = known->second;
  const bool routed = std::ranges::any_of(
      executor->graph().ops, [](const auto& op) { return op.kind() == core::model::OpKind::ExpertMatMul; });
  for (const std::uint32_t tokens : settings.promptTokens) {
    SpeedSettings speed = settings.speed;
    speed.promptTokens = tokens;
    result.runs.push_back({tokens, measureSpeed(*executor, speed, job), result.limits, routed});
  }
  return result;
}

}  // namespace

std::optional<double> BenchRun::decodeBandwidthShare() const {
  const double bytes =
      static_cast<double>(speed.work.weightBytes) / speed.sequences + static_cast<double>(speed.work.kvBytes);
  return shareOfLimit(speed.decode * bytes, limits.bytesPerSecond);
}

std::optional<double> BenchRun::decodeArithmeticShare() const {
  return shareOfLimit(speed.decode * static_cast<double>(speed.work.operations), limits.operationsPerSecond);
}

std::optional<double> BenchRun::prefillArithmeticShare() const {
  if (limits.hasMatrixUnits) return std::nullopt;
  return shareOfLimit(speed.prefill / promptTokens * static_cast<double>(speed.promptOperations),
                      limits.operationsPerSecond);
}

std::optional<double> BenchRun::prefillBandwidthShare() const {
  if (promptTokens > kOnePiece || areExpertsRouted) return std::nullopt;
  return shareOfLimit(speed.prefill / promptTokens * static_cast<double>(speed.work.weightBytes),
                      limits.bytesPerSecond);
}

std::vector<DeviceChoice> allDevices() {
  std::vector<DeviceChoice> all{DeviceChoice{DeviceChoice::Kind::Cpu}};
  for (const PlannedDevice& device : devicesHere())
    if (device.kind == PlannedDevice::Kind::Vulkan) all.push_back({DeviceChoice::Kind::Vulkan, device.index});
  return all;
}

void measureAll(OpenModel& model, const BenchSettings& settings, const std::function<void(const Benchmark&)>& done,
                const core::JobContext& job) {
  if (const auto why = model.whyNotRunnable()) throw core::Error(core::ErrorCode::Unsupported, *why);
  const std::uint32_t longest = std::ranges::max(settings.promptTokens);
  if (longest + settings.speed.generatedTokens > model.config().contextLength) {
    throw core::Error(
        core::ErrorCode::InvalidArgument,
        fmt::format("-p plus -n must not exceed the model's context of {} tokens.", model.config().contextLength));
  }
  Engine engine;
  std::map<std::string, DeviceLimits> limits;
  const bool isOnlyOne = settings.devices.size() * settings.recipes.size() == 1;
  for (const DeviceChoice& device : settings.devices) {
    for (const core::model::Recipe& recipe : settings.recipes) {
      try {
        done(measureOn(engine, model, {.recipe = recipe, .device = device, .kvType = settings.speed.kv}, settings,
                       limits, job));
      } catch (const core::Error& error) {
        if (isOnlyOne) throw;
        done({.device = device.toString(), .scheme = recipe.toString(), .problem = error.what()});
      }
    }
  }
}

}  // namespace app
