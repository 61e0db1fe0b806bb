#include "gpu/copy_bandwidth.h"

#include <algorithm>
#include <chrono>

#include "core/base/error.h"
#include "gpu/device_impl.h"
#include "gpu/vk/commands.h"

namespace gpu {

double measureCopyBandwidth(VulkanDevice& device) try {
  constexpr std::uint64_t kBytes = std::uint64_t{256} << 20U;
  constexpr int kCopies = 8, kRuns = 4;  // the first wakes it up
  const vk::Buffer from(device.memory(), kBytes, vk::MemoryKind::Device, "measuring its memory"),
      to(device.memory(), kBytes, vk::MemoryKind::Device, "measuring its memory");
  vk::Commands commands(device.device(), "measuring its memory");
  for (int i = 0; i < kCopies; ++i) {
    commands.copy(from, 0, to, 0, kBytes);
    commands.barrier();
  }
  commands.finish();
  double best = 0;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    commands.submit();
    commands.wait();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, 2.0 * kCopies * kBytes / seconds);
  }
  return best;
} catch (const core::Error& error) {
  if (error.code() == core::ErrorCode::OutOfMemory) return 0.0;
  throw;
}

}  // namespace gpu
