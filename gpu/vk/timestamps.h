#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "gpu/vk/device.h"

namespace gpu::vk {

/// Times that commands write while they run (Commands::stamp), by the clock of the device's queue.
class Timestamps {
 public:
  /// @pre the device's caps().timestampSeconds is not 0  @throws core::Error (Device, OutOfMemory)
  Timestamps(std::shared_ptr<Device> device, std::uint32_t count);
  ~Timestamps();
  Timestamps(const Timestamps&) = delete;
  Timestamps& operator=(const Timestamps&) = delete;

  VkQueryPool handle() const { return m_pool; }
  std::uint32_t count() const { return m_count; }
  /// Seconds from the first to each, when the commands that write them have ended. Bits that the queue's clock does not
  /// have do not count, so it may pass zero once in between.
  /// @throws core::Error (Device, DeviceLost)
  std::vector<double> read() const;

 private:
  std::shared_ptr<Device> m_device;
  std::uint32_t m_count;
  VkQueryPool m_pool = VK_NULL_HANDLE;
};

}  // namespace gpu::vk
