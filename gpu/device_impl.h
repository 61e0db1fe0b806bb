#pragma once
#include <functional>

#include "gpu/kernels/recorder.h"
#include "gpu/vk/device.h"
#include "gpu/vk/pipeline.h"
#include "gpu/vulkan_device.h"
#include "gpu/weight_store.h"

namespace gpu {

/// How to open a device; the defaults are what the program uses, tests choose others.
struct DeviceOptions {
  std::optional<vk::KernelFamily> family = std::nullopt;            ///< default: what suits the device
  std::optional<std::uint64_t> maxBlockBytes = std::nullopt;        ///< bytes one buffer of weights may have
  std::optional<double> mostWork = std::nullopt;                    ///< multiply-adds of a submission, not adapted
  bool integerDot = true;                                           ///< the instruction for bytes, where there is one
  bool matrices = true;                                             ///< cooperative matrices, where there are some
  std::function<void(std::span<float>)> checkedProducts = nullptr;  ///< changes what the check of matrices sees
  std::optional<std::uint32_t> batchTokens = std::nullopt;          ///< default: what suits its matrices
  std::optional<bool> attentionTiles = std::nullopt;                ///< of many tokens; default: where that is faster
  std::optional<bool> findsCandidates = std::nullopt;               ///< default: where that is faster
  vk::DeviceMemoryAccess memoryAccess = vk::DeviceMemoryAccess::WherePossible;
  std::optional<std::uint64_t> stagingBytes = std::nullopt;  ///< of the buffer that uploads go through
  std::function<void(vk::Caps&)> limited = nullptr;          ///< what the device is pretended not to be able to
};

class VulkanDevice {
 public:
  VulkanDevice(std::shared_ptr<vk::Instance> instance, VkPhysicalDevice physical, std::uint32_t index,
               const DeviceOptions& options);

  const std::shared_ptr<vk::Device>& device() const { return m_device; }
  const std::shared_ptr<vk::Memory>& memory() const { return m_memory; }
  vk::PipelineCache& pipelines() { return m_pipelines; }
  const vk::DescriptorLayout& mainLayout() const { return m_mainLayout; }
  const vk::DescriptorLayout& kvLayout() const { return m_kvLayout; }
  WeightStore& weights() { return m_weights; }
  const KernelChoice& choice() const { return m_choice; }
  const DeviceInfo& info() const { return m_info; }
  /// Products of many tokens go without its matrices from now on. @param reason one sentence, empty: a choice
  void dropMatrices(const std::string& reason);
  /// Of matmul_matrices, see KernelChoice.
  void setEnoughGroups(std::uint32_t groups) { m_choice.enoughGroups = groups; }
  WorkPace newPace() const { return WorkPace(m_mostWork); }

 private:
  std::shared_ptr<vk::Device> m_device;
  DeviceInfo m_info;
  KernelChoice m_choice;
  std::shared_ptr<vk::Memory> m_memory;
  vk::DescriptorLayout m_mainLayout, m_kvLayout;
  vk::PipelineCache m_pipelines;
  WeightStore m_weights;
  std::optional<double> m_mostWork;
};

/// Bytes that one buffer of weights may have at most.
std::uint64_t maxBlockBytes(const vk::Caps& caps, vk::KernelFamily family);
/// As openDevice(index), with options.
std::shared_ptr<VulkanDevice> openDevice(std::uint32_t index, const DeviceOptions& options);

}  // namespace gpu
