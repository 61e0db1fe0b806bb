#pragma once
#include <map>
#include <memory>
#include <vector>

#include "core/model/executor.h"
#include "gpu/device_impl.h"
#include "gpu/recording.h"

namespace gpu {

/// Bytes of the rotary angles of so many positions.
std::uint64_t rotationBytes(const std::vector<core::model::RopeTable>& tables, std::uint32_t capacity);

/// Bytes of all slots of a state of so many floats.
std::uint64_t stateBytes(std::uint32_t floats);

/// Keys and values of one sequence in device memory, one buffer per layer, its states, one buffer each with all slots
/// where keys would be, and the commands recorded for it.
class VulkanKvCache : public core::model::KvCache {
 public:
  /// @throws core::Error (OutOfMemory, InvalidArgument when a layer exceeds what one descriptor may span)
  VulkanKvCache(VulkanDevice& device, const core::model::Graph& graph, std::uint32_t capacity,
                core::model::KvType type);
  ~VulkanKvCache() override;

  std::uint64_t bytes() const override { return m_bytes; }
  VkDescriptorSet set(std::uint32_t layer) const { return m_layers[layer].set->handle(); }
  /// Of Graph::states
  VkDescriptorSet stateSet(std::uint32_t state) const { return m_states[state].set->handle(); }
  /// Which slots a batch reads and writes.
  core::model::StateSlots::Step beginStates(std::uint32_t from, std::size_t to) {
    return stateStep(from, static_cast<std::uint32_t>(to));
  }
  /// Entry of kRotationBinding, (cos, sin), where the angles of this rope table begin: [capacity, pairs].
  std::uint32_t rotation(std::uint32_t ropeTable) const { return m_rotationOf[ropeTable]; }

  /// What tells recordings apart: the workspace they use, tokens of the batch, rows and candidates wanted.
  struct Key {
    const void* workspace;
    std::uint32_t tokens;
    int rows;
    std::uint32_t candidates;
    auto operator<=>(const Key&) const = default;
  };
  std::shared_ptr<Recording> find(const Key& key);
  std::shared_ptr<Recording> keep(const Key& key, Recording recording);

 private:
  struct Layer {
    std::unique_ptr<vk::Buffer> buffer;
    std::unique_ptr<vk::BufferView> keys, values;
    std::unique_ptr<vk::DescriptorSet> set;
  };
  void uploadRotations(VulkanDevice& device, const std::vector<core::model::RopeTable>& tables, std::uint32_t capacity);
  Layer makeLayer(VulkanDevice& device, std::uint64_t keyBytes, std::uint64_t valueBytes);

  std::uint64_t m_bytes = 0;
  std::unique_ptr<vk::Buffer> m_rotation;
  std::vector<std::uint32_t> m_rotationOf;
  std::vector<Layer> m_layers, m_states;
  std::map<Key, std::shared_ptr<Recording>> m_recordings;
};

}  // namespace gpu
