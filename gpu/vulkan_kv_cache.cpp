#include "gpu/vulkan_kv_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/ops/rope.h"
#include "gpu/kernels/store_kv_kernel.h"
#include "gpu/vk/alignment.h"

namespace gpu {

namespace {

constexpr std::uint64_t kRotationBytes = 2 * sizeof(float);  // cosine and sine
constexpr std::uint64_t kKvTransferBytes = 4 << 20;          // of the buffer through which rows are read and written

}  // namespace

std::uint64_t rotationBytes(const std::vector<core::model::RopeTable>& tables, std::uint32_t capacity) {
  std::uint64_t pairs = 0;
  for (const core::model::RopeTable& table : tables) pairs += table.frequencies.size();
  return std::max<std::uint64_t>(capacity * pairs * kRotationBytes, 16);
}

std::uint64_t stateBytes(std::uint32_t floats) {
  return core::model::StateSlots::kSlots * std::uint64_t{strideOf(floats)} * sizeof(float);
}

VulkanKvCache::VulkanKvCache(VulkanDevice& device, const core::model::Graph& graph, std::uint32_t capacity,
                             core::model::KvType type)
    : m_uploader(device.memory(), kKvTransferBytes), m_downloader(device.memory(), kKvTransferBytes) {
  device.device()->throwIfLost();
  const auto& caps = device.device()->caps();
  const std::uint64_t limit = caps.maxRange(device.choice().family, 4 * sizeof(std::uint32_t));
  struct Bytes {
    std::uint64_t keys, values;
  };
  std::vector<Bytes> layers;
  std::uint64_t needed = rotationBytes(graph.ropeTables, capacity);
  for (const core::model::KvShape& shape : graph.kv) {
    const Bytes bytes{capacity * kvRowBytes(shape.heads, shape.headSize, type.keys),
                      capacity * kvRowBytes(shape.heads, shape.valueHeadSize, type.values)};
    const std::uint64_t larger = std::max(bytes.keys, bytes.values);
    if (larger > limit) {
      throw core::Error(
          core::ErrorCode::InvalidArgument,
          fmt::format("A context of {} tokens needs {} bytes per layer, but buffers of {} span at most {}.", capacity,
                      larger, caps.name, limit));
    }
    if (vk::alignUp(bytes.keys) + bytes.values > caps.maxMemoryAllocationSize) {
      throw core::Error(
          core::ErrorCode::InvalidArgument,
          fmt::format("A context of {} tokens needs {} bytes per layer, but {} allocates at most {} at once.", capacity,
                      vk::alignUp(bytes.keys) + bytes.values, caps.name, caps.maxMemoryAllocationSize));
    }
    needed += vk::alignUp(bytes.keys) + bytes.values;
    layers.push_back(bytes);
  }
  for (const std::uint32_t floats : graph.states) {
    if (stateBytes(floats) > limit)
      throw core::Error(core::ErrorCode::InvalidArgument,
                        fmt::format("A layer keeps a state of {} bytes, but buffers of {} span at most {}.",
                                    stateBytes(floats), caps.name, limit));
    needed += stateBytes(floats);
  }
  device.memory()->require(needed, fmt::format("A context of {} tokens", capacity));
  uploadRotations(device, graph.ropeTables, capacity);
  for (const Bytes& bytes : layers) {
    Layer& layer = m_layers.emplace_back(makeLayer(device, bytes.keys, bytes.values));
    layer.keyStride = bytes.keys / capacity;
    layer.valueStride = bytes.values / capacity;
  }
  // Of values nothing, in the smallest buffer that can be bound.
  for (const std::uint32_t floats : graph.states)
    m_states.emplace_back(makeLayer(device, stateBytes(floats), 16)).keyStride = strideOf(floats) * sizeof(float);
}

void VulkanKvCache::uploadRotations(VulkanDevice& device, const std::vector<core::model::RopeTable>& tables,
                                    std::uint32_t capacity) {
  m_bytes = rotationBytes(tables, capacity);
  m_rotation =
      std::make_unique<vk::Buffer>(device.memory(), m_bytes, vk::MemoryKind::Device, "the table of rotary angles");
  vk::Uploader uploader(device.memory());
  std::uint64_t offset = 0;
  for (const core::model::RopeTable& table : tables) {
    m_rotationOf.push_back(static_cast<std::uint32_t>(offset / kRotationBytes));
    const std::vector<float> turns = core::model::ops::rotations(table, 0, capacity);
    if (!turns.empty()) uploader.upload(*m_rotation, offset, std::as_bytes(std::span(turns)));
    offset += turns.size() * sizeof(float);
  }
}

VulkanKvCache::Layer VulkanKvCache::makeLayer(VulkanDevice& device, std::uint64_t keyBytes, std::uint64_t valueBytes) {
  Layer layer;
  const std::uint64_t valueOffset = layer.valueOffset = vk::alignUp(keyBytes);
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
  return layer;
}

core::model::KvCache::Layout VulkanKvCache::layout() const {
  Layout layout;
  for (const Layer& layer : m_layers) {
    layout.rowBytes.push_back(layer.keyStride);
    layout.rowBytes.push_back(layer.valueStride);
  }
  for (const Layer& state : m_states) layout.stateBytes.push_back(state.keyStride);
  return layout;
}

std::uint64_t VulkanKvCache::placeOf(std::size_t part, std::uint64_t first) const {
  const Layer& layer = m_layers[part / 2];
  return part % 2 == 0 ? first * layer.keyStride : layer.valueOffset + first * layer.valueStride;
}

void VulkanKvCache::readRows(std::size_t part, std::uint32_t first, std::span<std::byte> rows) const {
  m_recorded.settle();
  m_downloader.download(*m_layers[part / 2].buffer, placeOf(part, first), rows);
}

void VulkanKvCache::writeRows(std::size_t part, std::uint32_t first, std::span<const std::byte> rows) {
  m_recorded.settle();
  m_uploader.upload(*m_layers[part / 2].buffer, placeOf(part, first), rows);
}

void VulkanKvCache::readState(std::size_t state, std::size_t slot, std::span<std::byte> bytes) const {
  m_recorded.settle();
  m_downloader.download(*m_states[state].buffer, slot * m_states[state].keyStride, bytes);
}

void VulkanKvCache::writeState(std::size_t state, std::size_t slot, std::span<const std::byte> bytes) {
  m_recorded.settle();
  m_uploader.upload(*m_states[state].buffer, slot * m_states[state].keyStride, bytes);
}

}  // namespace gpu
