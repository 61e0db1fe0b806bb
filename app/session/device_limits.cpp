#include "app/session/device_limits.h"

#include <memory>

#include "core/base/arithmetic_rate.h"
#ifdef QS_HAS_GPU
#include "gpu/arithmetic_rate.h"
#include "gpu/nvml_meter.h"
#include "gpu/vulkan_device.h"
#endif

namespace app {

DeviceLimits measureLimits(core::model::Executor& executor) {
  DeviceLimits limits{executor.measureReadBandwidth()};
#ifdef QS_HAS_GPU
  if (const auto device = gpu::deviceOf(executor)) {
    limits.operationsPerSecond = gpu::measureArithmetic(*device);
    limits.hasMatrixUnits = !gpu::info(*device).matrixShape.empty();
    return limits;
  }
#endif
  limits.operationsPerSecond = core::measureHostArithmetic();
  return limits;
}

JoulesMeter openCardMeter([[maybe_unused]] const core::model::Executor& executor) {
#ifdef QS_HAS_GPU
  const auto device = gpu::deviceOf(executor);
  auto meter = device ? gpu::NvmlMeter::open(*device) : std::nullopt;
  if (meter) return [meter = std::make_shared<gpu::NvmlMeter>(std::move(*meter))] { return meter->takeJoules(); };
#endif
  return {};
}

}  // namespace app
