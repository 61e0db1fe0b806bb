#include "gpu/vk/descriptors.h"

#include <fmt/format.h>

#include <cassert>

#include "core/base/error.h"

namespace gpu::vk {

namespace {

VkDescriptorType typeOf(BindingKind kind) {
  switch (kind) {
    case BindingKind::Storage:
      return VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    case BindingKind::Uniform:
      return VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER;
    case BindingKind::Texel:
      break;
  }
  return VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER;
}

}  // namespace

DescriptorLayout::DescriptorLayout(std::shared_ptr<Device> device, std::span<const BindingKind> kinds)
    : m_device(std::move(device)), m_kinds(kinds.begin(), kinds.end()) {
  std::vector<VkDescriptorSetLayoutBinding> bindings(m_kinds.size());
  for (std::uint32_t i = 0; i < bindings.size(); ++i) {
    bindings[i].binding = i;
    bindings[i].descriptorType = typeOf(m_kinds[i]);
    bindings[i].descriptorCount = 1;
    bindings[i].stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
  }
  VkDescriptorSetLayoutCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  info.bindingCount = static_cast<std::uint32_t>(bindings.size());
  info.pBindings = bindings.data();
  m_device->check(vkCreateDescriptorSetLayout(m_device->handle(), &info, nullptr, &m_layout),
                  "vkCreateDescriptorSetLayout", "preparing kernels");
}

DescriptorLayout::~DescriptorLayout() { vkDestroyDescriptorSetLayout(m_device->handle(), m_layout, nullptr); }

DescriptorSet::DescriptorSet(std::shared_ptr<Device> device, const DescriptorLayout& layout,
                             std::span<const Binding> bindings)
    : m_device(std::move(device)) {
  const auto kinds = layout.kinds();
  assert(bindings.size() == kinds.size());
  for (std::size_t i = 0; i < bindings.size(); ++i) {
    if (kinds[i] != BindingKind::Storage || bindings[i].buffer == nullptr) continue;
    const std::uint64_t rest = bindings[i].buffer->bytes() - bindings[i].offset,
                        bytes = bindings[i].bytes == VK_WHOLE_SIZE ? rest : bindings[i].bytes,
                        most = m_device->caps().maxStorageBufferRange;
    if (bytes > most)
      throw core::Error(core::ErrorCode::Unsupported,
                        fmt::format("A kernel reads {} bytes through one buffer, but buffers of {} span at most {}.",
                                    bytes, m_device->caps().name, most));
  }
  std::vector<VkDescriptorPoolSize> sizes;
  for (const BindingKind kind : kinds) sizes.push_back({typeOf(kind), 1});
  VkDescriptorPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
  pool.maxSets = 1;
  pool.poolSizeCount = static_cast<std::uint32_t>(sizes.size());
  pool.pPoolSizes = sizes.data();
  m_device->check(vkCreateDescriptorPool(m_device->handle(), &pool, nullptr, &m_pool), "vkCreateDescriptorPool",
                  "preparing kernels");
  VkDescriptorSetAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  allocate.descriptorPool = m_pool;
  allocate.descriptorSetCount = 1;
  const VkDescriptorSetLayout handle = layout.handle();
  allocate.pSetLayouts = &handle;
  const VkResult result = vkAllocateDescriptorSets(m_device->handle(), &allocate, &m_set);
  if (result != VK_SUCCESS) vkDestroyDescriptorPool(m_device->handle(), m_pool, nullptr);
  m_device->check(result, "vkAllocateDescriptorSets", "preparing kernels");

  std::vector<VkDescriptorBufferInfo> buffers(bindings.size());
  std::vector<VkBufferView> views(bindings.size());
  std::vector<VkWriteDescriptorSet> writes;
  for (std::uint32_t i = 0; i < bindings.size(); ++i) {
    if (bindings[i].buffer == nullptr && bindings[i].view == nullptr) continue;
    VkWriteDescriptorSet write{};
    write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet = m_set;
    write.dstBinding = i;
    write.descriptorCount = 1;
    write.descriptorType = typeOf(kinds[i]);
    if (kinds[i] != BindingKind::Texel) {
      buffers[i] = {bindings[i].buffer->handle(), bindings[i].offset, bindings[i].bytes};
      write.pBufferInfo = &buffers[i];
    } else {
      views[i] = bindings[i].view->handle();
      write.pTexelBufferView = &views[i];
    }
    writes.push_back(write);
  }
  vkUpdateDescriptorSets(m_device->handle(), static_cast<std::uint32_t>(writes.size()), writes.data(), 0, nullptr);
}

DescriptorSet::~DescriptorSet() { vkDestroyDescriptorPool(m_device->handle(), m_pool, nullptr); }

}  // namespace gpu::vk
