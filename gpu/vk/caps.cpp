#include "gpu/vk/caps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include "gpu/vk/alignment.h"

namespace gpu::vk {

namespace {

std::string versionText(std::uint32_t version) {
  return fmt::format("{}.{}.{}", VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version),
                     VK_API_VERSION_PATCH(version));
}

const char* typeText(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return "discrete";
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return "integrated";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return "virtual";
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return "cpu";
    default:
      return "other";
  }
}

class Extensions {
 public:
  explicit Extensions(VkPhysicalDevice device) {
    std::uint32_t count = 0;
    vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr);
    m_list.resize(count);
    vkEnumerateDeviceExtensionProperties(device, nullptr, &count, m_list.data());
    m_list.resize(count);
  }
  bool has(const char* name) const {
    return std::any_of(m_list.begin(), m_list.end(),
                       [&](const auto& e) { return std::strcmp(e.extensionName, name) == 0; });
  }

 private:
  std::vector<VkExtensionProperties> m_list;
};

/// The first queue family that computes; one without graphics if there is one, as it is not shared with a desktop.
struct QueueFamily {
  std::uint32_t index, timestampBits;
};
std::optional<QueueFamily> findQueueFamily(VkPhysicalDevice device) {
  std::uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
  std::optional<QueueFamily> found;
  for (std::uint32_t i = 0; i < count; ++i) {
    if ((families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) == 0) continue;
    const bool dedicated = (families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) == 0;
    if (!found || dedicated) found = {i, families[i].timestampValidBits};
    if (dedicated) break;
  }
  return found;
}

template <typename T>
void chain(VkBaseOutStructure*& tail, T& structure, VkStructureType type) {
  structure.sType = type;
  structure.pNext = nullptr;
  tail->pNext = reinterpret_cast<VkBaseOutStructure*>(&structure);
  tail = tail->pNext;
}

void readSubgroups(const VkPhysicalDeviceSubgroupProperties& subgroup, Caps& caps) {
  constexpr VkSubgroupFeatureFlags kNeeded = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_QUAD_BIT |
                                             VK_SUBGROUP_FEATURE_SHUFFLE_BIT | VK_SUBGROUP_FEATURE_ARITHMETIC_BIT;
  if ((subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) == 0) return;
  caps.subgroupSize = caps.minSubgroupSize = caps.maxSubgroupSize = subgroup.subgroupSize;
  caps.hasSubgroupOperations = (subgroup.supportedOperations & kNeeded) == kNeeded && subgroup.subgroupSize >= 4;
}

/// All zero where the extension is not there. A mode of 32 bits may only be asked for alone where widths are
/// independent.
FloatModes offeredModes(const VkPhysicalDeviceFloatControlsProperties& floats) {
  FloatModes modes;
  const auto is = [](VkBool32 value) { return value == VK_TRUE; };
  const bool is32Alone = floats.denormBehaviorIndependence != VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE;
  modes.preservesSubnormals32 = is(floats.shaderDenormPreserveFloat32) && is32Alone;
  modes.preservesSubnormals16 = is(floats.shaderDenormPreserveFloat16) &&
                                floats.denormBehaviorIndependence == VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_ALL;
  modes.roundsToNearest32 = is(floats.shaderRoundingModeRTEFloat32) &&
                            floats.roundingModeIndependence != VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE;
  modes.preservesNonFinite32 = is(floats.shaderSignedZeroInfNanPreserveFloat32);
  return modes;
}

void readProperties(VkPhysicalDevice device, const Extensions& extensions, Caps& caps) {
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  auto* tail = reinterpret_cast<VkBaseOutStructure*>(&properties);
  VkPhysicalDeviceSubgroupProperties subgroup{};
  chain(tail, subgroup, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES);
  VkPhysicalDeviceMaintenance3Properties maintenance{};
  chain(tail, maintenance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES);
  VkPhysicalDeviceDriverProperties driver{};
  const bool hasDriver = extensions.has(VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME);
  if (hasDriver) chain(tail, driver, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES);
  VkPhysicalDeviceSubgroupSizeControlProperties sizes{};
  const bool hasSizes = extensions.has(VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME);
  if (hasSizes) chain(tail, sizes, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES);
  VkPhysicalDeviceFloatControlsProperties floats{};
  caps.hasFloatControls = extensions.has(VK_KHR_SHADER_FLOAT_CONTROLS_EXTENSION_NAME);
  if (caps.hasFloatControls) chain(tail, floats, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES);
  VkPhysicalDeviceShaderSMBuiltinsPropertiesNV nvidia{};
  const bool isNvidia = extensions.has(VK_NV_SHADER_SM_BUILTINS_EXTENSION_NAME);
  if (isNvidia) chain(tail, nvidia, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SM_BUILTINS_PROPERTIES_NV);
  VkPhysicalDeviceShaderCorePropertiesAMD amd{};
  const bool isAmd = extensions.has(VK_AMD_SHADER_CORE_PROPERTIES_EXTENSION_NAME);
  if (isAmd) chain(tail, amd, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_AMD);
  vkGetPhysicalDeviceProperties2(device, &properties);
  if (isNvidia) caps.cores = nvidia.shaderSMCount;
  if (isAmd) caps.cores = amd.shaderEngineCount * amd.shaderArraysPerEngineCount * amd.computeUnitsPerShaderArray;
  caps.floatModes = offeredModes(floats);

  const VkPhysicalDeviceProperties& p = properties.properties;
  caps.name = p.deviceName;
  caps.driver = hasDriver ? fmt::format("{} {}", driver.driverName, driver.driverInfo) : versionText(p.driverVersion);
  caps.apiVersion = versionText(p.apiVersion);
  caps.type = typeText(p.deviceType);
  caps.isCpu = p.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  caps.timestampSeconds = static_cast<double>(p.limits.timestampPeriod) * 1e-9;
  caps.maxStorageBufferRange = p.limits.maxStorageBufferRange;
  caps.maxUniformBufferRange = p.limits.maxUniformBufferRange;
  caps.maxTexelBufferElements = p.limits.maxTexelBufferElements;
  caps.maxMemoryAllocationSize = maintenance.maxMemoryAllocationSize;
  // Along y none of our workgroups is longer than what every device allows.
  caps.maxWorkgroupInvocations = std::min(p.limits.maxComputeWorkGroupInvocations, p.limits.maxComputeWorkGroupSize[0]);
  caps.maxWorkgroupCount = std::min(p.limits.maxComputeWorkGroupCount[0], p.limits.maxComputeWorkGroupCount[1]);
  caps.maxSharedMemoryBytes = p.limits.maxComputeSharedMemorySize;
  caps.maxStorageBuffersPerStage = p.limits.maxPerStageDescriptorStorageBuffers;
  readSubgroups(subgroup, caps);
  if (hasSizes) {
    caps.minSubgroupSize = sizes.minSubgroupSize;
    caps.maxSubgroupSize = sizes.maxSubgroupSize;
    caps.hasSubgroupSizeControl = (sizes.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
  }
  if (p.apiVersion < VK_API_VERSION_1_1) {
    caps.unusable = fmt::format("{} supports Vulkan {}, but 1.1 is needed.", caps.name, caps.apiVersion);
  }
}

void readFeatures(VkPhysicalDevice device, const Extensions& extensions, Caps& caps) {
  VkPhysicalDeviceFeatures2 features{};
  features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  auto* tail = reinterpret_cast<VkBaseOutStructure*>(&features);
  VkPhysicalDevice16BitStorageFeatures storage16{};
  chain(tail, storage16, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES);
  VkPhysicalDevice8BitStorageFeatures storage8{};
  if (extensions.has(VK_KHR_8BIT_STORAGE_EXTENSION_NAME))
    chain(tail, storage8, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES);
  VkPhysicalDeviceShaderFloat16Int8Features float16{};
  if (extensions.has(VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME))
    chain(tail, float16, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES);
  VkPhysicalDeviceShaderIntegerDotProductFeatures dot{};
  if (extensions.has(VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME))
    chain(tail, dot, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES);
  VkPhysicalDeviceSubgroupSizeControlFeatures sizes{};
  if (caps.hasSubgroupSizeControl) chain(tail, sizes, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES);
  vkGetPhysicalDeviceFeatures2(device, &features);
  caps.storage16 = storage16.storageBuffer16BitAccess == VK_TRUE;
  caps.storage8 = storage8.storageBuffer8BitAccess == VK_TRUE;
  caps.float16 = float16.shaderFloat16 == VK_TRUE;
  caps.int8 = float16.shaderInt8 == VK_TRUE;
  caps.integerDotProduct = dot.shaderIntegerDotProduct == VK_TRUE;
  if (std::ranges::all_of(MatrixFeatures::extensions(), [&](const char* name) { return extensions.has(name); }))
    caps.matrixShapes = readMatrixShapes(device);
  caps.hasSubgroupSizeControl =
      caps.hasSubgroupSizeControl && sizes.subgroupSizeControl == VK_TRUE && sizes.computeFullSubgroups == VK_TRUE;
}

HeapState limited(HeapState state) {
  const char* const wish = std::getenv("QS_VULKAN_MEMORY");
  const std::uint64_t bytes = wish == nullptr ? 0 : std::strtoull(wish, nullptr, 10);
  if (bytes == 0 || bytes >= state.budgetBytes) return state;
  if (state.hostBudgetBytes == 0) state.hostBudgetBytes = state.budgetBytes - bytes;
  state.budgetBytes = bytes;
  state.usedBytes = 0;  // others have the rest
  return state;
}

}  // namespace

bool Caps::supportsLanes() const {
  // The smallest useful window of weights: a row tile of a wide F32 matrix is a few MiB.
  constexpr std::uint64_t kLeastElements = std::uint64_t{4} << 20;
  return hasSubgroupOperations && maxTexelBufferElements >= kLeastElements &&
         maxUniformBufferRange >= kNeededUniformBytes;
}

KernelFamily Caps::preferredFamily() const {
  return isCpu && supportsLanes() ? KernelFamily::Lanes : KernelFamily::Workgroups;
}

std::uint64_t Caps::maxRange(KernelFamily family, std::uint32_t texelBytes) const {
  const std::uint64_t most = std::min(maxStorageBufferRange, maxMemoryAllocationSize);
  return alignDown(family == KernelFamily::Lanes ? std::min(most, maxTexelBufferElements * texelBytes) : most);
}

Caps readCaps(VkPhysicalDevice device) {
  Caps caps;
  const Extensions extensions(device);
  readProperties(device, extensions, caps);
  if (!caps.unusable.empty()) return caps;
  readFeatures(device, extensions, caps);
  caps.isPortabilitySubset = extensions.has("VK_KHR_portability_subset");
  caps.hasMemoryBudget = extensions.has(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  caps.deviceMemoryBytes = readHeaps(device, Caps()).budgetBytes;
  const HeapState heaps = readHeaps(device, caps);
  caps.memoryBudgetBytes = heaps.budgetBytes;
  caps.hostMemoryBytes = heaps.hostBudgetBytes;
  if (const auto family = findQueueFamily(device)) {
    caps.queueFamily = family->index;
    caps.timestampBits = family->timestampBits;
    if (caps.timestampBits == 0) caps.timestampSeconds = 0;
  } else {
    caps.unusable = fmt::format("{} has no queue that runs compute shaders.", caps.name);
  }
  if (caps.maxStorageBuffersPerStage < kNeededStorageBuffers) {
    caps.unusable = fmt::format("{} allows {} storage buffers in a shader, but {} are needed.", caps.name,
                                caps.maxStorageBuffersPerStage, kNeededStorageBuffers);
  }
  return caps;
}

HeapState readHeaps(VkPhysicalDevice device, const Caps& caps) {
  VkPhysicalDeviceMemoryProperties2 memory{};
  memory.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{};
  budget.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
  if (caps.hasMemoryBudget) memory.pNext = &budget;
  vkGetPhysicalDeviceMemoryProperties2(device, &memory);
  const VkPhysicalDeviceMemoryProperties& all = memory.memoryProperties;
  constexpr VkMemoryPropertyFlags kMapped = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  const auto isMapped = [&](std::uint32_t heap) {
    return std::any_of(all.memoryTypes, all.memoryTypes + all.memoryTypeCount, [&](const VkMemoryType& type) {
      return type.heapIndex == heap && (type.propertyFlags & kMapped) == kMapped;
    });
  };
  HeapState state;
  VkDeviceSize largest = 0, largestHost = 0;
  for (std::uint32_t i = 0; i < all.memoryHeapCount; ++i) {
    const VkDeviceSize size = all.memoryHeaps[i].size;
    const std::uint64_t free = caps.hasMemoryBudget ? budget.heapBudget[i] : size,
                        used = caps.hasMemoryBudget ? budget.heapUsage[i] : 0;
    if ((all.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0) {
      if (size > largest) largest = size, state.budgetBytes = free, state.usedBytes = used;
    } else if (size > largestHost && isMapped(i)) {
      largestHost = size, state.hostBudgetBytes = free, state.hostUsedBytes = used;
    }
  }
  return limited(state);
}

}  // namespace gpu::vk
