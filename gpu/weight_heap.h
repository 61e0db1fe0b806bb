#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "gpu/vk/buffer.h"

namespace gpu {

/// One large buffer that holds many tensors, with the windows through which kernels read it.
struct WeightBlock {
  vk::Buffer buffer;
  /// 16-byte and 4-byte words, for the family that reads texels: others may not be able to span a block with them.
  std::optional<vk::BufferView> quads, words;
  std::map<std::uint64_t, std::uint64_t> free;  ///< offset → bytes of each gap
  WeightBlock(const std::shared_ptr<vk::Memory>& memory, vk::MemoryKind kind, vk::KernelFamily family,
              std::uint64_t bytes);
};

/// A range of a weight block; gives itself back when it goes.
class WeightRange {
 public:
  WeightRange(std::shared_ptr<WeightBlock> block, std::uint64_t offset, std::uint64_t bytes)
      : m_block(std::move(block)), m_offset(offset), m_bytes(bytes) {}
  ~WeightRange();
  WeightRange(const WeightRange&) = delete;
  WeightRange& operator=(const WeightRange&) = delete;
  const std::shared_ptr<WeightBlock>& block() const { return m_block; }
  std::uint64_t offset() const { return m_offset; }
  std::uint64_t bytes() const { return m_bytes; }

 private:
  std::shared_ptr<WeightBlock> m_block;
  std::uint64_t m_offset, m_bytes;
};

/// Sub-allocates weights from large buffers, none larger than one descriptor may span.
class WeightHeap {
 public:
  /// @param kind of the memory of all of its buffers: Device or Host
  WeightHeap(std::shared_ptr<vk::Memory> memory, vk::MemoryKind kind, vk::KernelFamily family,
             std::uint64_t maxBlockBytes);

  std::uint64_t maxBlockBytes() const { return m_maxBlockBytes; }
  /// Says what will be asked for next, in this order, so that blocks are few and have no room left over.
  void expect(std::deque<std::uint64_t> bytes) { m_expected = std::move(bytes); }
  /// @pre 0 < bytes ≤ maxBlockBytes()  @throws core::Error (OutOfMemory, Device)
  std::unique_ptr<WeightRange> allocate(std::uint64_t bytes);

 private:
  std::shared_ptr<vk::Memory> m_memory;
  vk::MemoryKind m_kind;
  vk::KernelFamily m_family;
  std::uint64_t m_maxBlockBytes;
  std::deque<std::uint64_t> m_expected;
  std::vector<std::weak_ptr<WeightBlock>> m_blocks;  ///< kept alive by their ranges
};

}  // namespace gpu
