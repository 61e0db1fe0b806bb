#pragma once
#include <array>
#include <memory>
#include <span>
#include <string>

#include "gpu/vk/buffer.h"
#include "gpu/vk/pipeline.h"
#include "gpu/vk/timestamps.h"

namespace gpu::vk {

/// Workgroups of a dispatch: a rectangle of a kernel's grid.
struct Grid {
  std::uint32_t x = 1, y = 1;            ///< how many
  std::uint32_t firstX = 0, firstY = 0;  ///< where they begin
};

/// One recorded command buffer that may be submitted again and again, with the fence that says when it is done.
class Commands {
 public:
  /// Starts recording.  @param doing "computing", for the sentences of errors
  Commands(std::shared_ptr<Device> device, std::string doing);
  ~Commands();
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;

  /// @param sets descriptor sets 0…  @param push at most 128 bytes
  void dispatch(const Pipeline& pipeline, std::span<const VkDescriptorSet> sets, std::span<const std::byte> push,
                const Grid& grid);
  /// Everything recorded so far happens, and is visible to shaders and copies, before what follows.
  void barrier();
  void copy(const Buffer& from, std::uint64_t fromOffset, const Buffer& to, std::uint64_t toOffset,
            std::uint64_t bytes);
  /// Makes the timestamps ready to be written. @pre recorded before all that write them, in commands that run before
  void reset(const Timestamps& stamps);
  /// Writes the time when everything recorded so far has happened.
  void stamp(const Timestamps& stamps, std::uint32_t index);
  /// Ends recording: what was written is visible to the host once the fence has signalled.
  void finish();

  /// @pre finished and not running  @throws core::Error (Device, DeviceLost, OutOfMemory)
  void submit();
  /// Blocks until the last submit is done.  @throws core::Error (Device, DeviceLost)
  void wait();
  /// Whether the last submit is known to be done without waiting for it.
  bool isDone() const;
  /// Blocks until the last submit uses nothing any more, when its result is no longer wanted.
  void settle() noexcept;

 private:
  std::shared_ptr<Device> m_device;
  std::string m_doing;
  VkCommandPool m_pool = VK_NULL_HANDLE;
  VkCommandBuffer m_buffer = VK_NULL_HANDLE;
  VkFence m_fence = VK_NULL_HANDLE;
  VkPipeline m_boundPipeline = VK_NULL_HANDLE;
  std::array<VkDescriptorSet, 2> m_boundSets{};
  bool m_isRunning = false;
};

}  // namespace gpu::vk
