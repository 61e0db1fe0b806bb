#include "gpu/vk/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/model/available_memory.h"

namespace gpu::vk {

namespace {

constexpr VkMemoryPropertyFlags kLocal = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
constexpr VkMemoryPropertyFlags kMapped = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
constexpr VkMemoryPropertyFlags kCached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;

constexpr std::uint64_t kStagingBytes = std::uint64_t{16} << 20;

double mebibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); }

}  // namespace

std::optional<std::uint32_t> chooseMemoryType(const VkPhysicalDeviceMemoryProperties& memory,
                                              std::uint32_t allowedTypes, MemoryKind kind) {
  std::uint64_t largestLocalHeap = 0;
  for (std::uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
    if (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
      largestLocalHeap = std::max<std::uint64_t>(largestLocalHeap, memory.memoryHeaps[i].size);
  }
  const auto find = [&](VkMemoryPropertyFlags flags, std::uint64_t leastHeap,
                        VkMemoryPropertyFlags without = 0) -> std::optional<std::uint32_t> {
    for (std::uint32_t i = 0; i < memory.memoryTypeCount; ++i) {
      const VkMemoryType& type = memory.memoryTypes[i];
      if ((allowedTypes >> i & 1U) != 0 && (type.propertyFlags & flags) == flags &&
          (type.propertyFlags & without) == 0 && memory.memoryHeaps[type.heapIndex].size >= leastHeap)
        return i;
    }
    return std::nullopt;
  };
  std::array<std::optional<std::uint32_t>, 4> wishes;
  switch (kind) {
    case MemoryKind::Device:
      // Mapped device memory only where it is the whole of it, not the 256 MiB window of an old PCI bar.
      wishes = {find(kLocal | kMapped, largestLocalHeap), find(kLocal, largestLocalHeap), find(kLocal, 0), find(0, 0)};
      break;
    case MemoryKind::Host:
      // What is mapped and local takes from the device's memory: only where a test says that there is another.
      wishes = {find(kMapped | kCached, 0, kLocal), find(kMapped, 0, kLocal), find(kMapped, 0)};
      break;
    case MemoryKind::Upload:
      wishes = {find(kMapped, 0)};
      break;
    case MemoryKind::Readback:
      wishes = {find(kMapped | kCached, 0), find(kMapped, 0)};
      break;
  }
  for (const auto& wish : wishes)
    if (wish) return wish;
  return std::nullopt;
}

Memory::Memory(std::shared_ptr<Device> device, DeviceMemoryAccess access, std::optional<std::uint64_t> stagingBytes)
    : m_device(std::move(device)),
      m_access(access),
      m_stagingBytes(std::min(stagingBytes.value_or(kStagingBytes), m_device->caps().maxMemoryAllocationSize / 4 * 4)) {
  vkGetPhysicalDeviceMemoryProperties(m_device->physical(), &m_properties);
}

std::uint64_t Memory::budgetBytes() const { return m_budgetOverride.value_or(m_device->heaps().budgetBytes); }

std::uint64_t Memory::availableBytes() const {
  // The driver's count includes other users of the process and lags behind ours; the larger of the two is safe.
  const std::uint64_t used = std::max(m_usedBytes, m_budgetOverride ? 0 : m_device->heaps().usedBytes);
  const std::uint64_t budget = budgetBytes();
  return budget > used ? budget - used : 0;
}

std::uint64_t Memory::hostAvailableBytes() const {
  const auto left = [](std::uint64_t budget, std::uint64_t used) { return budget > used ? budget - used : 0; };
  if (m_hostBudgetOverride) return left(*m_hostBudgetOverride, m_hostUsedBytes);
  const HeapState heaps = m_device->heaps();
  return std::min(left(heaps.hostBudgetBytes, std::max(m_hostUsedBytes, heaps.hostUsedBytes)),
                  core::model::availableMemory());
}

core::model::MemoryRoom Memory::room(std::uint64_t reservedBytes) const {
  const std::uint64_t available = availableBytes();
  return {available >= reservedBytes ? available - reservedBytes : available, hostAvailableBytes()};
}

void Memory::require(std::uint64_t bytes, const std::string& what) const {
  const std::uint64_t available = availableBytes();
  if (bytes <= available) return;
  throw core::Error(core::ErrorCode::OutOfMemory,
                    fmt::format("{} needs {:.1f} MiB of memory on {}, but only {:.1f} MiB are available.", what,
                                mebibytes(bytes), m_device->caps().name, mebibytes(available)));
}

Memory::Allocation Memory::allocate(const VkMemoryRequirements& needs, MemoryKind kind, const std::string& doing) {
  m_device->throwIfLost();
  if (needs.size > m_device->caps().maxMemoryAllocationSize)
    throw core::Error(
        core::ErrorCode::OutOfMemory,
        fmt::format("{} needs {:.1f} MiB of memory in one piece, but {} allocates at most {:.1f} MiB.", doing,
                    mebibytes(needs.size), m_device->caps().name, mebibytes(m_device->caps().maxMemoryAllocationSize)));
  const auto found = chooseMemoryType(m_properties, needs.memoryTypeBits, kind);
  if (!found)
    throw core::Error(core::ErrorCode::Unsupported,
                      fmt::format("{} has no memory type suitable for a buffer.", m_device->caps().name));
  const std::uint32_t type = *found;
  const bool isLocal = (m_properties.memoryTypes[type].propertyFlags & kLocal) != 0;
  const Counted counted = kind == MemoryKind::Host ? Counted::AsHost : isLocal ? Counted::AsDevice : Counted::No;
  if (counted == Counted::AsDevice) require(needs.size, doing);
  VkMemoryAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  info.allocationSize = needs.size;
  info.memoryTypeIndex = type;
  Allocation allocation;
  allocation.bytes = needs.size;
  const VkResult result = vkAllocateMemory(m_device->handle(), &info, nullptr, &allocation.memory);
  if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY) {
    throw core::Error(
        core::ErrorCode::OutOfMemory,
        fmt::format("{} needs {:.1f} MiB of memory on {}, which the driver refused; {:.1f} MiB should be available.",
                    doing, mebibytes(needs.size), m_device->caps().name, mebibytes(availableBytes())));
  }
  m_device->check(result, "vkAllocateMemory", doing);
  const bool staged = kind == MemoryKind::Device && m_access == DeviceMemoryAccess::Staged;
  if (!staged && (m_properties.memoryTypes[type].propertyFlags & kMapped) == kMapped) {
    const VkResult mapped = vkMapMemory(m_device->handle(), allocation.memory, 0, VK_WHOLE_SIZE, 0, &allocation.mapped);
    if (mapped != VK_SUCCESS) vkFreeMemory(m_device->handle(), allocation.memory, nullptr);
    m_device->check(mapped, "vkMapMemory", doing);
  }
  allocation.counted = counted;
  if (counted == Counted::AsDevice) m_usedBytes += allocation.bytes;
  if (counted == Counted::AsHost) m_hostUsedBytes += allocation.bytes;
  return allocation;
}

void Memory::free(Allocation& allocation) noexcept {
  if (allocation.memory == VK_NULL_HANDLE) return;
  vkFreeMemory(m_device->handle(), allocation.memory, nullptr);
  if (allocation.counted == Counted::AsDevice) m_usedBytes -= allocation.bytes;
  if (allocation.counted == Counted::AsHost) m_hostUsedBytes -= allocation.bytes;
  allocation = Allocation();
}

}  // namespace gpu::vk
