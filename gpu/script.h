#pragma once
#include <array>
#include <span>
#include <variant>
#include <vector>

#include "gpu/recording.h"
#include "gpu/vk/pipeline.h"

namespace gpu {

/// What a batch has the device do, before it becomes commands: phases, one behind the other, whose commands do not wait
/// for one another.
struct Script {
  /// A kernel.
  struct Dispatch {
    Dispatch(const vk::Pipeline& pipeline, std::span<const VkDescriptorSet> sets, std::span<const std::byte> push,
             const vk::Grid& grid, double work);

    const vk::Pipeline* pipeline;
    std::array<VkDescriptorSet, 2> sets{};
    std::uint32_t setCount;
    std::array<std::byte, vk::PipelineCache::kPushBytes> push;
    std::uint32_t pushBytes;
    vk::Grid grid;  ///< workgroups, from 0 on
    double work;    ///< multiply-adds of all of them
  };
  struct Copy {
    const vk::Buffer* from;
    std::uint64_t fromOffset;
    const vk::Buffer* to;
    std::uint64_t toOffset, bytes;
  };
  struct Reset {
    const vk::Timestamps* stamps;
  };
  struct Stamp {
    const vk::Timestamps* stamps;
    std::uint32_t index;
  };
  using Command = std::variant<Dispatch, Copy, Reset, Stamp>;

  std::vector<std::vector<Command>> phases{1};

  void add(Command command) { phases.back().push_back(std::move(command)); }
};

/// The commands of scripts that know nothing of one another: phase i of each, then one barrier for all of them. They
/// are cut into pieces of bounded work; a kernel that is too much for one piece is cut, too, down to single workgroups.
/// @param mostWork multiply-adds per piece
/// @throws core::Error (Unsupported) for a kernel of more workgroups than the device runs, (Device, OutOfMemory)
Recording cutScripts(const std::shared_ptr<vk::Device>& device, std::span<const Script> scripts, double mostWork);

}  // namespace gpu
