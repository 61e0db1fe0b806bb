#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "gpu/vk/descriptors.h"
#include "gpu/vk/specialization.h"

namespace gpu::vk {

/// A compute pipeline: one shader with its specialization constants.
class Pipeline {
 public:
  Pipeline(std::shared_ptr<Device> device, VkPipeline pipeline, VkPipelineLayout layout)
      : m_device(std::move(device)), m_pipeline(pipeline), m_layout(layout) {}
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  VkPipeline handle() const { return m_pipeline; }
  VkPipelineLayout layout() const { return m_layout; }

 private:
  std::shared_ptr<Device> m_device;
  VkPipeline m_pipeline;
  VkPipelineLayout m_layout;
};

/// Makes pipelines on first use and keeps them: the same shader with the same constants is compiled once.
class PipelineCache {
 public:
  static constexpr std::uint32_t kPushBytes = 128;  // what every Vulkan device has

  /// All kernels share one pipeline layout: the given sets and 128 bytes of push constants.
  PipelineCache(std::shared_ptr<Device> device, std::vector<const DescriptorLayout*> sets);
  ~PipelineCache();
  PipelineCache(const PipelineCache&) = delete;
  PipelineCache& operator=(const PipelineCache&) = delete;

  /// @param shader name in the shader table, e.g. "matmul_lanes.q4_0"
  /// @param subgroupSize the size to ask for, or 0 for the device's own choice
  const Pipeline& get(const std::string& shader, const Specialization& constants, std::uint32_t subgroupSize = 0);

 private:
  using Key = std::tuple<std::string, Specialization, std::uint32_t>;
  VkShaderModule module(const std::string& shader);
  VkPipeline create(const Key& key);

  std::shared_ptr<Device> m_device;
  VkPipelineLayout m_layout = VK_NULL_HANDLE;
  VkPipelineCache m_cache = VK_NULL_HANDLE;
  std::map<std::string, VkShaderModule> m_modules;
  std::map<Key, std::unique_ptr<Pipeline>> m_pipelines;
};

}  // namespace gpu::vk
