#pragma once
#include <memory>
#include <vector>

#include "core/model/executor.h"
#include "gpu/device_impl.h"
#include "gpu/recordings.h"
#include "gpu/vk/downloader.h"
#include "gpu/vk/uploader.h"

namespace gpu {

/// Bytes of the rotary angles of so many positions.
std::uint64_t rotationBytes(const std::vector<core::model::RopeTable>& tables, std::uint32_t capacity);

/// Bytes of all slots of a state of so many floats.
std::uint64_t stateBytes(std::uint32_t floats);

/// Keys and values of one sequence in device memory, one buffer per layer, its states, one buffer each with all slots
/// where keys would be.
class VulkanKvCache : public core::model::KvCache {
 public:
  /// @throws core::Error (OutOfMemory, InvalidArgument when a layer exceeds what one descriptor may span)
  VulkanKvCache(VulkanDevice& device, const core::model::Graph& graph, std::uint32_t capacity,
                core::model::KvType type);

  std::uint64_t bytes() const override { return m_bytes; }
  Layout layout() const override;
  void readRows(std::size_t part, std::uint32_t first, std::span<std::byte> rows) const override;
  void writeRows(std::size_t part, std::uint32_t first, std::span<const std::byte> rows) override;
  void readState(std::size_t state, std::size_t slot, std::span<std::byte> bytes) const override;
  void writeState(std::size_t state, std::size_t slot, std::span<const std::byte> bytes) override;
  VkDescriptorSet set(std::uint32_t layer) const { return m_layers[layer].set->handle(); }
  /// Of Graph::states
  VkDescriptorSet stateSet(std::uint32_t state) const { return m_states[state].set->handle(); }
  /// Which slots a batch reads and writes.
  core::model::StateSlots::Step beginStates(std::uint32_t from, std::size_t to) {
    return stateStep(from, static_cast<std::uint32_t>(to));
  }
  /// Entry of kRotationBinding, (cos, sin), where the angles of this rope table begin: [capacity, pairs].
  std::uint32_t rotation(std::uint32_t ropeTable) const { return m_rotationOf[ropeTable]; }

  Recorded& recorded() { return m_recorded; }

 private:
  struct Layer {
    std::unique_ptr<vk::Buffer> buffer;
    std::unique_ptr<vk::BufferView> keys, values;
    std::unique_ptr<vk::DescriptorSet> set;
    std::uint64_t valueOffset = 0;                 ///< in the buffer
    std::uint64_t keyStride = 0, valueStride = 0;  ///< bytes of a row; of a state of a slot, and none
  };
  /// Where row, or slot, `first` of a part lies in its buffer.
  std::uint64_t placeOf(std::size_t part, std::uint64_t first) const;
  void uploadRotations(VulkanDevice& device, const std::vector<core::model::RopeTable>& tables, std::uint32_t capacity);
  Layer makeLayer(VulkanDevice& device, std::uint64_t keyBytes, std::uint64_t valueBytes);

  std::uint64_t m_bytes = 0;
  std::unique_ptr<vk::Buffer> m_rotation;
  std::vector<std::uint32_t> m_rotationOf;
  std::vector<Layer> m_layers, m_states;
  vk::Uploader m_uploader;
  mutable vk::Downloader m_downloader;  ///< makes its buffer when it is needed
  Recorded m_recorded;                  ///< goes first: an executor may have begun a token
};

}  // namespace gpu
