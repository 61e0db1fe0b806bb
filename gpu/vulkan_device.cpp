#include "gpu/vulkan_device.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "gpu/device_impl.h"
#include "gpu/kernels/kernel_bindings.h"
#include "gpu/matrix_check.h"
#include "gpu/vk/alignment.h"

namespace gpu {

namespace {

DeviceInfo infoOf(const vk::Caps& caps, std::uint32_t index) {
  DeviceInfo info;
  info.index = index;
  info.name = caps.name;
  info.driver = caps.driver;
  info.apiVersion = caps.apiVersion;
  info.type = caps.type;
  info.subgroupSize = caps.subgroupSize;
  info.minSubgroupSize = caps.minSubgroupSize;
  info.maxSubgroupSize = caps.maxSubgroupSize;
  info.deviceMemoryBytes = caps.deviceMemoryBytes;
  info.memoryBudgetBytes = caps.memoryBudgetBytes;
  info.hostMemoryBytes = caps.hostMemoryBytes;
  info.maxStorageBufferRange = caps.maxStorageBufferRange;
  info.maxMemoryAllocationSize = caps.maxMemoryAllocationSize;
  info.float16 = caps.float16;
  info.int8 = caps.int8;
  info.storage16 = caps.storage16;
  info.storage8 = caps.storage8;
  info.integerDotProduct = caps.integerDotProduct;
  info.cooperativeMatrix = !caps.matrixShapes.empty();
  const vk::MatrixShape shape = KernelChoice::forDevice(caps, caps.preferredFamily()).matrix;
  if (shape.rows != 0) info.matrixShape = fmt::format("{}x{}x{}", shape.rows, shape.columns, shape.depth);
  info.unusable = caps.unusable;
  return info;
}

vk::KernelFamily familyFor(const vk::Caps& caps, const DeviceOptions& options) {
  const vk::KernelFamily family = options.family.value_or(caps.preferredFamily());
  if (family == vk::KernelFamily::Lanes && !caps.supportsLanes()) {
    throw core::Error(core::ErrorCode::Unsupported,
                      fmt::format("{} lacks subgroup quad or shuffle operations or large texel buffers.", caps.name));
  }
  return family;
}

/// By the largest tile of matrices that fits, then by the one that small products have.
std::string faultOfMatrices(const std::shared_ptr<VulkanDevice>& device, const DeviceOptions& options) {
  const std::uint32_t usual = device->choice().enoughGroups;
  device->setEnoughGroups(1);
  std::string fault = faultOfProducts(device, options.checkedProducts);
  device->setEnoughGroups(usual);
  return fault.empty() ? faultOfProducts(device, options.checkedProducts) : fault;
}

}  // namespace

std::uint64_t maxBlockBytes(const vk::Caps& caps, vk::KernelFamily family) {
  // Larger blocks gain nothing and make an allocation that fails more likely.
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;
  return std::min(
      {caps.maxRange(family, sizeof(std::uint32_t)), vk::alignDown(caps.maxMemoryAllocationSize), kLargest});
}

VulkanDevice::VulkanDevice(std::shared_ptr<vk::Instance> instance, VkPhysicalDevice physical, std::uint32_t index,
                           const DeviceOptions& options)
    : m_device(std::make_shared<vk::Device>(std::move(instance), physical, options.limited)),
      m_info(infoOf(m_device->caps(), index)),
      m_choice(KernelChoice::forDevice(m_device->caps(), familyFor(m_device->caps(), options))),
      m_memory(std::make_shared<vk::Memory>(m_device, options.memoryAccess, options.stagingBytes)),
      m_mainLayout(m_device, kMainKinds),
      m_kvLayout(m_device, kKvKinds),
      m_pipelines(m_device, {&m_mainLayout, &m_kvLayout}),
      m_weights(m_memory, m_choice.family,
                options.maxBlockBytes.value_or(maxBlockBytes(m_device->caps(), m_choice.family))),
      m_mostWork(options.mostWork) {
  m_choice.hasIntegerDot = m_choice.hasIntegerDot && options.integerDot;
  if (!options.matrices) dropMatrices({});
  m_choice.batchTokens = options.batchTokens.value_or(m_choice.batchTokens);
  m_choice.tilesAttention = options.attentionTiles.value_or(m_choice.tilesAttention);
  m_choice.findsCandidates = options.findsCandidates.value_or(m_choice.findsCandidates);
}

void VulkanDevice::dropMatrices(const std::string& reason) {
  m_choice.dropMatrices();
  m_info.matrixShape.clear();
  m_info.matricesFault = reason;
}

std::vector<DeviceInfo> enumerateDevices() {
  std::vector<DeviceInfo> result;
  const auto instance = vk::Instance::get();
  if (!instance) return result;
  for (const VkPhysicalDevice physical : instance->physicalDevices()) {
    result.push_back(infoOf(vk::readCaps(physical), static_cast<std::uint32_t>(result.size())));
  }
  return result;
}

std::shared_ptr<VulkanDevice> openDevice(std::uint32_t index, const DeviceOptions& options) {
  const auto instance = vk::Instance::get();
  if (!instance) {
    throw core::Error(core::ErrorCode::NotFound, "Vulkan is not available: no loader or no driver was found.");
  }
  const auto physical = instance->physicalDevices();
  if (index >= physical.size()) {
    throw core::Error(core::ErrorCode::NotFound,
                      fmt::format("There is no Vulkan device {}; {} were found.", index, physical.size()));
  }
  const auto open = [&] { return std::make_shared<VulkanDevice>(instance, physical[index], index, options); };
  std::shared_ptr<VulkanDevice> device = open();
  if (device->choice().matrix.rows == 0) return device;
  const std::string fault = faultOfMatrices(device, options);
  if (fault.empty()) return device;
  if (isLost(*device)) device = open();
  device->dropMatrices(fault);
  return device;
}

DeviceInfo checked(const DeviceInfo& info) {
  if (info.matrixShape.empty() || !info.unusable.empty()) return info;
  try {
    return openDevice(info.index)->info();
  } catch (const core::Error& error) {
    DeviceInfo without = info;
    without.matrixShape.clear();
    without.matricesFault = error.what();
    return without;
  }
}

std::shared_ptr<VulkanDevice> openDevice(std::uint32_t index) { return openDevice(index, DeviceOptions()); }

const DeviceInfo& info(const VulkanDevice& device) { return device.info(); }

bool isLost(const VulkanDevice& device) { return device.device()->isLost(); }

void injectDeviceLoss(VulkanDevice& device, std::uint32_t after) {
  device.device()->injectFault(VK_ERROR_DEVICE_LOST, after);
}

DeviceMemory memory(const VulkanDevice& device) {
  const vk::Memory& memory = *device.memory();
  return {memory.usedBytes(), memory.budgetBytes(), memory.hostUsedBytes(), memory.hostAvailableBytes()};
}

}  // namespace gpu
