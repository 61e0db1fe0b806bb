#include "gpu/arithmetic_rate.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "core/base/error.h"
#include "gpu/device_impl.h"
#include "gpu/shaders/common/arithmetic_push.h"
#include "gpu/vk/commands.h"

namespace gpu {

namespace {

/// Enough for a device with a hundred cores of two thousand invocations each, twice.
constexpr std::uint32_t kWorkgroupsMeasured = 4096;
constexpr std::uint32_t kFirstRounds = 16, kMostRounds = 1 << 20;
constexpr double kLongEnough =
    0.02;  ///< seconds against which a submission costs nothing; drivers allow a hundred times that
constexpr const char* kMeasuring = "measuring its arithmetic";

/// Seconds of one run.
double run(VulkanDevice& device, const vk::DescriptorSet& set, std::uint32_t rounds) {
  const vk::Pipeline& pipeline = device.pipelines().get("arithmetic_rate", {});
  vk::Commands commands(device.device(), kMeasuring);
  const ArithmeticPush push{rounds, 0.999F, 0.5F};
  const std::array sets{set.handle()};
  commands.dispatch(pipeline, sets, std::as_bytes(std::span(&push, 1)), {.x = kWorkgroupsMeasured});
  commands.finish();
  const auto start = std::chrono::steady_clock::now();
  commands.submit();
  commands.wait();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

double measureArithmetic(VulkanDevice& device) try {
  constexpr int kRuns = 4;
  constexpr std::uint32_t kInvocations = kWorkgroupsMeasured * kArithmeticWorkgroup;
  const vk::Buffer results(device.memory(), std::uint64_t{kInvocations} * sizeof(float), vk::MemoryKind::Device,
                           kMeasuring);
  std::vector<vk::Binding> bindings(kMainBindings);
  bindings[kArenaBinding].buffer = &results;
  const vk::DescriptorSet set(device.device(), device.mainLayout(), bindings);
  std::uint32_t rounds = kFirstRounds;
  while (run(device, set, rounds) < kLongEnough && rounds < kMostRounds) rounds *= 2;
  double best = 0;
  for (int i = 0; i < kRuns; ++i)
    best = std::max(best, 2.0 * kArithmeticChains * rounds * kInvocations / run(device, set, rounds));
  return best;
} catch (const core::Error& error) {
  if (error.code() == core::ErrorCode::OutOfMemory) return 0.0;
  throw;
}

}  // namespace gpu
