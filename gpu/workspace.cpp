#include "gpu/workspace.h"

#include <algorithm>

namespace gpu {

Workspace::Workspace(VulkanDevice& device, const core::model::Graph& graph, std::vector<Step> steps, const Sizes& sizes,
                     const Constants& constants, const vk::Buffer& state)
    : m_device(device),
      m_steps(std::move(steps)),
      m_places(placeValues(graph, m_steps)),
      m_rows(sizes.rows),
      m_columnSumsFloats(sizes.columnSumsFloats),
      m_attentionFloats(sizes.attentionFloats),
      m_pace(device.newPace()),
      m_constants(constants),
      m_state(state) {
  const std::uint64_t floats = m_places.rowFloats * m_rows + sizes.columnSumsFloats + sizes.attentionFloats +
                               sizes.candidateFloats * sizes.sequences;
  m_arena =
      std::make_unique<vk::Buffer>(device.memory(), floats * 4, vk::MemoryKind::Device, "the arena of activations");
  m_readback = std::make_unique<vk::Buffer>(device.memory(), sizes.readbackFloats * 4, vk::MemoryKind::Readback,
                                            "the buffer of results");
  if (device.choice().isLanes()) {
    m_arenaView =
        std::make_unique<vk::BufferView>(device.device(), *m_arena, VK_FORMAT_R32G32B32A32_SFLOAT, 0, m_arena->bytes());
  }
}

std::uint64_t Workspace::mostResultRows(const vk::Caps& caps, const core::model::Graph& graph) {
  return caps.maxMemoryAllocationSize / sizeof(float) / strideOf(graph.vocabulary());
}

std::uint32_t Workspace::mostRows(const VulkanDevice& device, const core::model::Graph& graph,
                                  const std::vector<Step>& steps, std::uint64_t otherFloats) {
  const std::uint64_t limit = device.device()->caps().maxRange(device.choice().family, 4 * sizeof(float));
  // Offsets are counted in floats in 32 bits.
  const std::uint64_t floats = std::min<std::uint64_t>(limit / 4, ~std::uint32_t{0} - 1);
  const std::uint64_t perRow = std::max<std::uint64_t>(placeValues(graph, steps).rowFloats, 1);
  const std::uint64_t left = floats - std::min(floats, otherFloats);
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(std::min(left / perRow, mostResultRows(device.device()->caps(), graph)), 1, 1U << 20));
}

Place Workspace::place(core::model::ValueId value) const {
  return {static_cast<std::uint32_t>(m_places.offset[value] * m_rows), m_places.stride[value]};
}

VkDescriptorSet Workspace::set(const WeightBlock* block) {
  auto& set = m_sets[block];
  if (!set) {
    std::vector<vk::Binding> bindings(kMainBindings);
    if (block != nullptr) {
      bindings[kWeightsBinding].buffer = &block->buffer;
      if (block->quads) bindings[kWeightQuadTexelsBinding].view = &*block->quads;
      if (block->words) bindings[kWeightWordTexelsBinding].view = &*block->words;
    }
    bindings[kArenaBinding].buffer = m_arena.get();
    bindings[kArenaTexelsBinding].view = m_arenaView.get();
    bindings[kConstantsBinding].buffer = m_constants.buffer.get();
    bindings[kConstantTexelsBinding].view = m_constants.texels.get();
    if (m_device.choice().isLanes()) {
      bindings[kTablesBinding] = {.buffer = m_constants.buffer.get(), .bytes = std::uint64_t{kTableWords} * 4};
    }
    bindings[kStateBinding].buffer = &m_state;
    set = std::make_unique<vk::DescriptorSet>(m_device.device(), m_device.mainLayout(), bindings);
  }
  return set->handle();
}

}  // namespace gpu
