#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "gpu/vk/api.h"
#include "gpu/vk/cooperative_matrix.h"
#include "gpu/vk/float_modes.h"

namespace gpu::vk {

/// Which of the two families of kernels suits a device.
enum class KernelFamily : std::uint8_t {
  Lanes,      ///< one subgroup per workgroup, no barriers, weights through texel buffers: CPUs that run Vulkan
  Workgroups  ///< large workgroups, shared memory, storage buffers, no subgroup operations: GPUs, and any other device
};

/// In the two descriptor sets of all kernels.
inline constexpr std::uint32_t kNeededStorageBuffers = 7;

/// Of the lanes' tables.
inline constexpr std::uint32_t kNeededUniformBytes = 32768;

/// Limits, features and quirks of a device: the one place where they are read and judged.
struct Caps {
  std::string name, driver, apiVersion, type;
  std::uint32_t subgroupSize = 0;     ///< 0: unknown
  std::uint32_t minSubgroupSize = 0;  ///< equal to subgroupSize where it cannot vary
  std::uint32_t maxSubgroupSize = 0;
  bool hasSubgroupSizeControl = false;
  bool hasSubgroupOperations = false;  ///< quad, shuffle and arithmetic ones in compute shaders
  bool hasMemoryBudget = false;
  bool isPortabilitySubset = false;  ///< Vulkan but for a few things, which has to be acknowledged (MoltenVK)
  bool isCpu = false;
  std::uint32_t queueFamily = 0;
  double timestampSeconds = 0;      ///< of a tick of the queue's clock, 0: it has none
  std::uint32_t timestampBits = 0;  ///< of its ticks that count
  std::uint64_t deviceMemoryBytes = 0;
  std::uint64_t memoryBudgetBytes = 0;  ///< of it, what the driver lets this program have now
  std::uint64_t hostMemoryBytes = 0;    ///< of the computer, that it lets the device read; 0 where that is the same
  std::uint64_t maxStorageBufferRange = 0;
  std::uint64_t maxTexelBufferElements = 0;
  std::uint32_t maxUniformBufferRange = 0;
  std::uint64_t maxMemoryAllocationSize = 0;
  std::uint32_t maxWorkgroupInvocations = 0;
  std::uint32_t maxWorkgroupCount = 0;  ///< of a dispatch, in each of two dimensions
  std::uint32_t maxSharedMemoryBytes = 0;
  std::uint32_t cores = 0;  ///< that run workgroups side by side (SM, CU), 0: the driver does not tell
  std::uint32_t maxStorageBuffersPerStage = 0;
  bool float16 = false, int8 = false, storage16 = false, storage8 = false, integerDotProduct = false;
  std::vector<MatrixShape> matrixShapes;  ///< of cooperative matrices, none: it cannot multiply such
  bool hasFloatControls = false;
  FloatModes floatModes;  ///< that it offers
  std::string unusable;   ///< empty, or the sentence that names the missing feature

  KernelFamily preferredFamily() const;
  /// Whether the Lanes kernels can run here at all.
  bool supportsLanes() const;
  /// Most bytes that one buffer may span for kernels of this family, and be allocated as, a multiple of
  /// kOffsetAlignment.
  /// @param texelBytes of the smallest texels through which the Lanes family reads it
  std::uint64_t maxRange(KernelFamily family, std::uint32_t texelBytes) const;
};

Caps readCaps(VkPhysicalDevice device);

/// Use and budget of the device's own memory (its largest heap, which buffers lie in) and of the computer's that it can
/// read (the largest heap that is not its own and is mapped; 0: none, as all memory is one). Without
/// VK_EXT_memory_budget the budget is the heap's size and the use 0.
/// QS_VULKAN_MEMORY=BYTES in the environment takes the rest of the device's memory for the computer's.
struct HeapState {
  std::uint64_t usedBytes = 0;
  std::uint64_t budgetBytes = 0;
  std::uint64_t hostUsedBytes = 0;
  std::uint64_t hostBudgetBytes = 0;
};
HeapState readHeaps(VkPhysicalDevice device, const Caps& caps);

}  // namespace gpu::vk
