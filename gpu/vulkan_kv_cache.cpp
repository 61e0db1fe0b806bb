#include "gpu/vulkan_kv_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/ops/rope.h"
#include "gpu/kernels/store_kv_kernel.h"
#include "gpu/vk/alignment.h"

namespace gpu {

namespace {

std::uint32_t layerCount(const core::model::Graph& graph) {
  std::uint32_t count = 0;
  for (const auto& op : graph.ops) {
    if (op.kind == core::model::OpKind::StoreKv) count = std::max(count, op.layer + 1);
  }
  return count;
}

}  // namespace

VulkanKvCache::VulkanKvCache(VulkanDevice& device, const core::model::Graph& graph, std::uint32_t capacity,
                             core::model::KvType type) {
  device.device()->throwIfLost();
  const auto& config = graph.config;
  const std::uint64_t rowBytes = std::uint64_t{config.kvHeads} * 4;
  const std::uint64_t keyBytes = capacity * rowBytes * kvHeadWords(config.headSize, type);
  const std::uint64_t valueBytes = capacity * rowBytes * kvHeadWords(config.valueHeadSize, type);
  const auto& caps = device.device()->caps();
  const std::uint64_t limit = caps.maxRange(device.choice().family, 4 * sizeof(std::uint32_t));
  if (std::max(keyBytes, valueBytes) > limit) {
    throw core::Error(core::ErrorCode::InvalidArgument,
                      fmt::format("A context of {} tokens needs {} bytes per layer, but buffers of {} span at most {}.",
                                  capacity, std::max(keyBytes, valueBytes), caps.name, limit));
  }
  const std::uint32_t layers = layerCount(graph);
  const std::uint64_t pairs = graph.ropeFrequencies.size();
  const std::uint64_t rotationBytes = std::max<std::uint64_t>(capacity * pairs * 8, 16);
  device.memory()->require(layers * (vk::alignUp(keyBytes) + valueBytes) + rotationBytes,
                           fmt::format("A context of {} tokens", capacity));
  m_rotation = std::make_unique<vk::Buffer>(device.memory(), rotationBytes, vk::MemoryKind::Device,
                                            "the table of rotary angles");
  const std::vector<float> table = core::model::ops::rotations(graph.ropeFrequencies, 0, capacity);
  vk::Uploader(device.memory()).upload(*m_rotation, 0, std::as_bytes(std::span(table)));
  m_bytes = rotationBytes;
  for (std::uint32_t layer = 0; layer < layers; ++layer) addLayer(device, keyBytes, valueBytes);
}

void VulkanKvCache::addLayer(VulkanDevice& device, std::uint64_t keyBytes, std::uint64_t valueBytes) {
  Layer layer;
  const std::uint64_t valueOffset = vk::alignUp(keyBytes);
  layer.buffer =
      std::make_unique<vk::Buffer>(device.memory(), valueOffset + valueBytes, vk::MemoryKind::Device, "the KV cache");
  std::vector<vk::Binding> bindings(kKvBindings);
  bindings[kKeysBinding] = {.buffer = layer.buffer.get(), .offset = 0, .bytes = keyBytes};
  bindings[kValuesBinding] = {.buffer = layer.buffer.get(), .offset = valueOffset, .bytes = valueBytes};
  if (device.choice().isLanes()) {
    layer.keys =
        std::make_unique<vk::BufferView>(device.device(), *layer.buffer, VK_FORMAT_R32G32B32A32_UINT, 0, keyBytes);
    layer.values = std::make_unique<vk::BufferView>(device.device(), *layer.buffer, VK_FORMAT_R32G32B32A32_UINT,
                                                    valueOffset, valueBytes);
    bindings[kKeyTexelsBinding].view = layer.keys.get();
    bindings[kValueTexelsBinding].view = layer.values.get();
  }
  bindings[kRotationBinding] = {.buffer = m_rotation.get()};
  layer.set = std::make_unique<vk::DescriptorSet>(device.device(), device.kvLayout(), bindings);
  m_bytes += layer.buffer->bytes();
  m_layers.push_back(std::move(layer));
}

Recording* VulkanKvCache::find(const Key& key) {
  const auto found = m_recordings.find(key);
  return found == m_recordings.end() ? nullptr : &found->second;
}

Recording& VulkanKvCache::keep(const Key& key, Recording recording) {
  // Single tokens and full batches come again and again, a prompt's odd rest does not: it is all forgotten when many.
  constexpr std::size_t kMost = 12;
  if (m_recordings.size() >= kMost)
    std::erase_if(m_recordings, [](const auto& entry) { return entry.first.tokens > 1; });
  return m_recordings[key] = std::move(recording);
}

}  // namespace gpu
