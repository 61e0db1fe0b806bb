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

/// Enough for a device with a hundred cores of two thousand invocations each, twice; and for one that is a CPU, which
/// would spend its time with beginning them.
constexpr std::uint32_t kWorkgroupsMeasured = 4096, kWorkgroupsOfCpu = 64;
constexpr std::uint32_t kFirstRounds = 1, kMostRounds = 1 << 16;
/// Seconds: a hundred times what a submission costs, and short enough that other programs leave some of them alone.
constexpr double kLongEnough = 0.006;
constexpr const char* kMeasuring = "measuring its arithmetic";

/// Seconds of one run.
double run(VulkanDevice& device, const vk::DescriptorSet& set, std::uint32_t workgroups, std::uint32_t rounds) {
  const vk::Pipeline& pipeline = device.pipelines().get("arithmetic_rate", {});
  vk::Commands commands(device.device(), kMeasuring);
  const ArithmeticPush push{rounds, 0.999F, 0.5F};
  const std::array sets{set.handle()};
  commands.dispatch(pipeline, sets, std::as_bytes(std::span(&push, 1)), {.x = workgroups});
  commands.finish();
  const auto start = std::chrono::steady_clock::now();
  commands.submit();
  commands.wait();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

double measureArithmetic(VulkanDevice& device) try {
  constexpr int kRuns = 12;
  const std::uint32_t workgroups = device.device()->caps().isCpu ? kWorkgroupsOfCpu : kWorkgroupsMeasured;
  const std::uint32_t invocations = workgroups * kArithmeticWorkgroup;
  const vk::Buffer results(device.memory(), std::uint64_t{invocations} * sizeof(float), vk::MemoryKind::Device,
                           kMeasuring);
  std::vector<vk::Binding> bindings(kMainBindings);
  bindings[kArenaBinding].buffer = &results;
  const vk::DescriptorSet set(device.device(), device.mainLayout(), bindings);
  std::uint32_t rounds = kFirstRounds;
  while (run(device, set, workgroups, rounds) < kLongEnough && rounds < kMostRounds) rounds *= 2;
  double best = 0;
  for (int i = 0; i < kRuns; ++i)
    best = std::max(best, 2.0 * kArithmeticOfRound * rounds * invocations / run(device, set, workgroups, rounds));
  return best;
} catch (const core::Error& error) {
  if (error.code() == core::ErrorCode::OutOfMemory) return 0.0;
  throw;
}

}  // namespace gpu
