#pragma once
#include <functional>
#include <span>

#include "gpu/vk/commands.h"
#include "gpu/vk/pipeline.h"
#include "gpu/weight_store.h"

namespace gpu {

/// Where an activation lies: floats from the start of the arena, and from token to token. Multiples of 32.
struct Place {
  std::uint32_t offset = 0;
  std::uint32_t stride = 0;
  std::uint32_t quad() const { return offset / 4; }
  std::uint32_t strideQuads() const { return stride / 4; }
};

inline constexpr std::uint32_t kNoPlace = ~std::uint32_t{0};  ///< kNone of the shaders

/// What is the same for all kernels of a device: which family, how wide its workgroups are.
struct KernelChoice {
  vk::KernelFamily family = vk::KernelFamily::Workgroups;
  std::uint32_t lanes = 8;           ///< workgroup size of the Lanes family: one subgroup, 4, 8, 16 or 32
  std::uint32_t subgroupSize = 0;    ///< to ask for, 0: the device's own
  std::uint32_t splits = 8;          ///< Workgroups: invocations that share a row in matmul_rows
  std::uint32_t maxTileTokens = 64;  ///< Workgroups: widest tile of matmul_tiles, 0: it cannot run here
  bool isLanes() const { return family == vk::KernelFamily::Lanes; }

  static KernelChoice forDevice(const vk::Caps& caps, vk::KernelFamily family);
};

/// Records kernels of one batch into a command buffer: the state the kernels' host halves share.
class Recorder {
 public:
  Recorder(vk::Commands& commands, vk::PipelineCache& pipelines, const KernelChoice& choice, std::uint32_t tokens)
      : m_commands(commands), m_pipelines(pipelines), m_choice(choice), m_tokens(tokens) {}

  const KernelChoice& choice() const { return m_choice; }
  std::uint32_t tokens() const { return m_tokens; }
  vk::Commands& commands() { return m_commands; }

  template <typename Push>
  void dispatch(const std::string& shader, const std::vector<std::uint32_t>& constants,
                std::span<const VkDescriptorSet> sets, const Push& push, std::array<std::uint32_t, 3> groups) {
    static_assert(sizeof(Push) <= vk::PipelineCache::kPushBytes);
    const std::uint32_t subgroupSize = m_choice.isLanes() ? m_choice.subgroupSize : 0;
    m_commands.dispatch(m_pipelines.get(shader, constants, subgroupSize), sets, std::as_bytes(std::span(&push, 1)),
                        groups);
  }

 private:
  vk::Commands& m_commands;
  vk::PipelineCache& m_pipelines;
  const KernelChoice& m_choice;
  std::uint32_t m_tokens;
};

constexpr std::uint32_t divideUp(std::uint32_t a, std::uint32_t b) { return (a + b - 1) / b; }

}  // namespace gpu
