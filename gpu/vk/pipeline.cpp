#include "gpu/vk/pipeline.h"

#include <fmt/format.h>

#include <cassert>

#include "gpu/vk/shader_table.h"

namespace gpu::vk {

Pipeline::~Pipeline() { vkDestroyPipeline(m_device->handle(), m_pipeline, nullptr); }

PipelineCache::PipelineCache(std::shared_ptr<Device> device, std::vector<const DescriptorLayout*> sets)
    : m_device(std::move(device)) {
  std::vector<VkDescriptorSetLayout> layouts;
  for (const DescriptorLayout* set : sets) layouts.push_back(set->handle());
  const VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0, kPushBytes};
  VkPipelineLayoutCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  info.setLayoutCount = static_cast<std::uint32_t>(layouts.size());
  info.pSetLayouts = layouts.data();
  info.pushConstantRangeCount = 1;
  info.pPushConstantRanges = &push;
  m_device->check(vkCreatePipelineLayout(m_device->handle(), &info, nullptr, &m_layout), "vkCreatePipelineLayout",
                  "preparing kernels");
  VkPipelineCacheCreateInfo cache{};
  cache.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
  // Only makes starting faster; without it everything still works.
  if (vkCreatePipelineCache(m_device->handle(), &cache, nullptr, &m_cache) != VK_SUCCESS) m_cache = VK_NULL_HANDLE;
}

PipelineCache::~PipelineCache() {
  m_pipelines.clear();
  for (const auto& [name, handle] : m_modules) vkDestroyShaderModule(m_device->handle(), handle, nullptr);
  vkDestroyPipelineCache(m_device->handle(), m_cache, nullptr);
  vkDestroyPipelineLayout(m_device->handle(), m_layout, nullptr);
}

const Pipeline& PipelineCache::get(const std::string& shader, const Specialization& constants,
                                   std::uint32_t subgroupSize) {
  Key key(shader, constants, subgroupSize);
  auto found = m_pipelines.find(key);
  if (found == m_pipelines.end()) {
    auto pipeline = std::make_unique<Pipeline>(m_device, create(key), m_layout);
    found = m_pipelines.emplace(std::move(key), std::move(pipeline)).first;
  }
  return *found->second;
}

VkShaderModule PipelineCache::module(const std::string& shader) {
  const auto found = m_modules.find(shader);
  if (found != m_modules.end()) return found->second;
  const auto words = withFloatModes(shaderWords(shader), modesOf(shader, m_device->caps().floatModes));
  VkShaderModuleCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  info.codeSize = words.size() * sizeof(std::uint32_t);
  info.pCode = words.data();
  VkShaderModule handle = VK_NULL_HANDLE;
  m_device->check(vkCreateShaderModule(m_device->handle(), &info, nullptr, &handle), "vkCreateShaderModule",
                  fmt::format("loading kernel {}", shader));
  m_modules.emplace(shader, handle);
  return handle;
}

VkPipeline PipelineCache::create(const Key& key) {
  const auto& [shader, constants, subgroupSize] = key;
  std::vector<VkSpecializationMapEntry> entries;
  for (std::uint32_t i = 0; i < constants.size(); ++i) {
    const auto* value = reinterpret_cast<const std::byte*>(&constants[i].second);
    const auto* data = reinterpret_cast<const std::byte*>(constants.data());
    entries.push_back({constants[i].first, static_cast<std::uint32_t>(value - data), sizeof(std::uint32_t)});
  }
  VkSpecializationInfo specialization{};
  specialization.mapEntryCount = static_cast<std::uint32_t>(entries.size());
  specialization.pMapEntries = entries.data();
  specialization.dataSize = constants.size() * sizeof(constants[0]);
  specialization.pData = constants.data();
  VkPipelineShaderStageRequiredSubgroupSizeCreateInfo required{};
  required.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO;
  required.requiredSubgroupSize = subgroupSize;
  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT;  // any kernel's grid may be cut
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module(shader);
  info.stage.pName = "main";
  info.stage.pSpecializationInfo = &specialization;
  if (subgroupSize != 0) {
    assert(m_device->caps().hasSubgroupSizeControl);
    info.stage.pNext = &required;
  }
  info.layout = m_layout;
  VkPipeline pipeline = VK_NULL_HANDLE;
  m_device->check(vkCreateComputePipelines(m_device->handle(), m_cache, 1, &info, nullptr, &pipeline),
                  "vkCreateComputePipelines", fmt::format("compiling kernel {}", shader));
  return pipeline;
}

}  // namespace gpu::vk
