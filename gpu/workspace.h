#pragma once
#include <map>
#include <memory>

#include "gpu/device_impl.h"
#include "gpu/recordings.h"
#include "gpu/value_places.h"

namespace gpu {

/// Norms, biases, code books and lattices.
struct Constants {
  std::unique_ptr<vk::Buffer> buffer;
  std::unique_ptr<vk::BufferView> texels;  ///< for the Lanes family, whose kernels also see the first kTableWords
};

/// What a plan needs to run batches of up to `rows` tokens: memory for the activations, a buffer for results and the
/// descriptor sets that bind them to each block of weights.
class Workspace {
 public:
  struct Sizes {
    std::uint32_t rows;              ///< tokens of a batch at most
    std::uint32_t sequences;         ///< of them at most
    std::uint64_t readbackFloats;    ///< of the buffer for results
    std::uint64_t columnSumsFloats;  ///< 0 where no columns are summed
    std::uint64_t attentionFloats;   ///< attentionPartFloats()
    std::uint64_t candidateFloats;   ///< of a sequence: candidateFloats(), 0 where none are looked for
  };
  Workspace(VulkanDevice& device, const core::model::Graph& graph, std::vector<Step> steps, const Sizes& sizes,
            const Constants& constants, const vk::Buffer& state);

  /// Most tokens for which the activations of these steps, and so many other floats, fit into one descriptor.
  static std::uint32_t mostRows(const VulkanDevice& device, const core::model::Graph& graph,
                                const std::vector<Step>& steps, std::uint64_t otherFloats);

  /// Most tokens whose logits fit into one allocation.
  static std::uint64_t mostResultRows(const vk::Caps& caps, const core::model::Graph& graph);

  const std::vector<Step>& steps() const { return m_steps; }
  std::uint32_t rows() const { return m_rows; }
  /// What one submission may hold, learnt from these steps.
  WorkPace& pace() { return m_pace; }
  Place place(core::model::ValueId value) const;
  /// Where sums of columns are made in the arena.
  std::uint32_t columnSums() const { return static_cast<std::uint32_t>(m_places.rowFloats * m_rows); }
  /// Where attention over parts of the positions leaves its results.
  std::uint32_t attentionParts() const { return columnSums() + static_cast<std::uint32_t>(m_columnSumsFloats); }
  /// Where candidates of the first sequence are left, those of the others behind them.
  std::uint32_t candidates() const { return attentionParts() + static_cast<std::uint32_t>(m_attentionFloats); }
  /// Where the quantized inputs of stacks of experts are made in the arena.
  std::uint32_t expertInputs() const { return static_cast<std::uint32_t>(m_places.expertInputs * m_rows); }
  const vk::Buffer& arena() const { return *m_arena; }
  const vk::Buffer& readback() const { return *m_readback; }
  /// @param block null for kernels that read no weights
  VkDescriptorSet set(const WeightBlock* block);
  std::uint64_t bytes() const { return m_arena->bytes() + m_readback->bytes(); }
  Recorded& recorded() { return m_recorded; }

 private:
  VulkanDevice& m_device;
  std::vector<Step> m_steps;
  ValuePlaces m_places;
  std::uint32_t m_rows;
  std::uint64_t m_columnSumsFloats, m_attentionFloats;
  WorkPace m_pace;
  const Constants& m_constants;
  const vk::Buffer& m_state;
  std::unique_ptr<vk::Buffer> m_arena, m_readback;
  std::unique_ptr<vk::BufferView> m_arenaView;
  std::map<const WeightBlock*, std::unique_ptr<vk::DescriptorSet>> m_sets;
  Recorded m_recorded;  ///< goes first
};

}  // namespace gpu
