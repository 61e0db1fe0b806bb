#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/model/executor.h"

namespace gpu {

/// What a person and the memory planner need to know of one Vulkan device.
struct DeviceInfo {
  std::uint32_t index = 0;
  std::string name;        ///< "NVIDIA H200", "llvmpipe (LLVM 15.0.6, 256 bits)"
  std::string driver;      ///< driver name and version
  std::string apiVersion;  ///< "1.3.239"
  std::string type;        ///< "discrete", "integrated", "virtual", "cpu", "other"
  std::uint32_t subgroupSize = 0, minSubgroupSize = 0, maxSubgroupSize = 0;
  std::uint64_t deviceMemoryBytes = 0;  ///< its own, the largest heap of it
  std::uint64_t memoryBudgetBytes = 0;  ///< of it, what the driver lets this program have now
  std::uint64_t hostMemoryBytes = 0;    ///< of the computer's, what it can read; 0 where both are one memory
  std::uint64_t maxStorageBufferRange = 0;
  std::uint64_t maxMemoryAllocationSize = 0;
  bool float16 = false, int8 = false, storage16 = false, storage8 = false, integerDotProduct = false;
  bool cooperativeMatrix = false;  ///< products of FP16 matrices into FP32 ones
  std::string matrixShape;         ///< "16x16x16", rows, columns and depth of those that prefill uses; empty: none
  std::string matricesFault;  ///< why prefill uses none though the device has some; empty: it was not looked, or fits
  std::string unusable;       ///< empty, or the sentence that names the missing feature
};

/// All Vulkan devices; empty when there is no Vulkan loader or no device. Never throws for a missing loader.
std::vector<DeviceInfo> enumerateDevices();

/// An opened Vulkan device with its queue, pipelines and the weights resident on it. Shared by every executor on it;
/// identical tensors (the same QuantizedTensor object) are uploaded once.
class VulkanDevice;

/// Where prefill would use matrices, a product of known numbers is computed by them first; a device that gets it wrong
/// goes without (DeviceInfo::matricesFault).
/// @param index into enumerateDevices()
/// @throws Error (NotFound, Unsupported, Device)
std::shared_ptr<VulkanDevice> openDevice(std::uint32_t index);
/// What is known of a device once its matrices are checked, for which it is opened if it has some.
DeviceInfo checked(const DeviceInfo& info);
const DeviceInfo& info(const VulkanDevice& device);

/// Whether the device stopped responding: everything on it throws DeviceLost from then on and can only be destroyed;
/// openDevice() opens it anew.
bool isLost(const VulkanDevice& device);
/// Makes the (after + 1)-th submission or wait from now on fail as on a lost device: for tests of what happens then.
void injectDeviceLoss(VulkanDevice& device, std::uint32_t after);

/// Device-local memory in use by this process and the budget the driver reports (or heap size where it does not).
struct DeviceMemory {
  std::uint64_t usedBytes = 0;
  std::uint64_t budgetBytes = 0;
  std::uint64_t hostUsedBytes = 0;       ///< of the computer's memory, by weights that the device's did not hold
  std::uint64_t hostAvailableBytes = 0;  ///< for more of them
};
DeviceMemory memory(const VulkanDevice& device);

/// Uploads the graph's weights (packed as they are) and prepares its pipelines. Weights that the device's memory does
/// not hold lie in the computer's, where the device can read that (core/model/weight_placement.h).
/// @param cacheBytes of the device's memory that caches for this executor will need (plannedKvBytes())
/// @throws Error (OutOfMemory) saying needed and available; (Unsupported) naming a missing device feature
std::unique_ptr<core::model::Executor> createVulkanExecutor(std::shared_ptr<VulkanDevice> device,
                                                            core::model::Graph graph, std::uint64_t cacheBytes,
                                                            const core::JobContext& job = core::JobContext());
std::unique_ptr<core::model::Executor> createVulkanExecutor(std::shared_ptr<VulkanDevice> device,
                                                            core::model::Graph graph,
                                                            const core::JobContext& job = core::JobContext());

/// The device that an executor runs on; null where that is no Vulkan device.
std::shared_ptr<VulkanDevice> deviceOf(const core::model::Executor& executor);

}  // namespace gpu
