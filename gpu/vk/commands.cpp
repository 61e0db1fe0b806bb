#include "gpu/vk/commands.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace gpu::vk {

namespace {

constexpr VkPipelineStageFlags kWork = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
constexpr VkAccessFlags kWrites = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
constexpr VkAccessFlags kReads = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT;

}  // namespace

Commands::Commands(std::shared_ptr<Device> device, std::string doing)
    : m_device(std::move(device)), m_doing(std::move(doing)) {
  m_device->throwIfLost();
  VkCommandPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.queueFamilyIndex = m_device->caps().queueFamily;
  m_device->check(vkCreateCommandPool(m_device->handle(), &pool, nullptr, &m_pool), "vkCreateCommandPool", m_doing);
  VkCommandBufferAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.commandPool = m_pool;
  allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  allocate.commandBufferCount = 1;
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  VkFenceCreateInfo fence{};
  fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  try {
    m_device->check(vkAllocateCommandBuffers(m_device->handle(), &allocate, &m_buffer), "vkAllocateCommandBuffers",
                    m_doing);
    m_device->check(vkCreateFence(m_device->handle(), &fence, nullptr, &m_fence), "vkCreateFence", m_doing);
    m_device->check(vkBeginCommandBuffer(m_buffer, &begin), "vkBeginCommandBuffer", m_doing);
  } catch (...) {
    vkDestroyFence(m_device->handle(), m_fence, nullptr);
    vkDestroyCommandPool(m_device->handle(), m_pool, nullptr);
    throw;
  }
}

Commands::~Commands() {
  settle();  // an error may leave a submit behind; its resources must not go before it has ended
  vkDestroyFence(m_device->handle(), m_fence, nullptr);
  vkDestroyCommandPool(m_device->handle(), m_pool, nullptr);
}

void Commands::dispatch(const Pipeline& pipeline, std::span<const VkDescriptorSet> sets,
                        std::span<const std::byte> push, const Grid& grid) {
  assert(sets.size() <= m_boundSets.size());
  if (m_boundPipeline != pipeline.handle()) {
    vkCmdBindPipeline(m_buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.handle());
    m_boundPipeline = pipeline.handle();
  }
  for (std::uint32_t i = 0; i < sets.size(); ++i) {
    if (m_boundSets[i] == sets[i]) continue;
    vkCmdBindDescriptorSets(m_buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.layout(), i, 1, &sets[i], 0, nullptr);
    m_boundSets[i] = sets[i];
  }
  if (!push.empty()) {
    vkCmdPushConstants(m_buffer, pipeline.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0,
                       static_cast<std::uint32_t>(push.size()), push.data());
  }
  assert(std::max(grid.firstX + grid.x, grid.firstY + grid.y) <= m_device->caps().maxWorkgroupCount);
  // The plain one where it will do: the validation layer's search for hazards knows no other.
  if (grid.firstX == 0 && grid.firstY == 0) return vkCmdDispatch(m_buffer, grid.x, grid.y, 1);
  vkCmdDispatchBase(m_buffer, grid.firstX, grid.firstY, 0, grid.x, grid.y, 1);
}

void Commands::barrier() {
  VkMemoryBarrier memory{};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  memory.srcAccessMask = kWrites;
  memory.dstAccessMask = kWrites | kReads;
  vkCmdPipelineBarrier(m_buffer, kWork, kWork, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

void Commands::copy(const Buffer& from, std::uint64_t fromOffset, const Buffer& to, std::uint64_t toOffset,
                    std::uint64_t bytes) {
  const VkBufferCopy region{fromOffset, toOffset, bytes};
  vkCmdCopyBuffer(m_buffer, from.handle(), to.handle(), 1, &region);
}

void Commands::reset(const Timestamps& stamps) { vkCmdResetQueryPool(m_buffer, stamps.handle(), 0, stamps.count()); }

void Commands::stamp(const Timestamps& stamps, std::uint32_t index) {
  vkCmdWriteTimestamp(m_buffer, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, stamps.handle(), index);
}

void Commands::finish() {
  VkMemoryBarrier memory{};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  memory.srcAccessMask = kWrites;
  memory.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  vkCmdPipelineBarrier(m_buffer, kWork, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &memory, 0, nullptr, 0, nullptr);
  // A later submit on this queue must see these writes too.
  barrier();
  m_device->check(vkEndCommandBuffer(m_buffer), "vkEndCommandBuffer", m_doing);
}

void Commands::submit() {
  assert(!m_isRunning);
  m_device->submit(m_buffer, m_fence, m_doing);
  m_isRunning = true;
}

void Commands::wait() {
  if (!m_isRunning) return;
  m_device->wait(m_fence, m_doing);
  m_isRunning = false;
}

bool Commands::isDone() const { return !m_isRunning || vkGetFenceStatus(m_device->handle(), m_fence) == VK_SUCCESS; }

void Commands::settle() noexcept {
  if (m_isRunning) m_device->settle(m_fence);
  m_isRunning = false;
}

}  // namespace gpu::vk
