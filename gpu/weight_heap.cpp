#include "gpu/weight_heap.h"

#include <algorithm>

#include "gpu/vk/alignment.h"

namespace gpu {

WeightBlock::WeightBlock(const std::shared_ptr<vk::Memory>& memory, vk::MemoryKind kind, vk::KernelFamily family,
                         std::uint64_t bytes)
    : buffer(memory, bytes, kind, "the weights"), free{{0, bytes}} {
  if (family != vk::KernelFamily::Lanes) return;
  quads.emplace(memory->device(), buffer, VK_FORMAT_R32G32B32A32_UINT, 0, bytes);
  words.emplace(memory->device(), buffer, VK_FORMAT_R32_UINT, 0, bytes);
}

WeightRange::~WeightRange() {
  auto& gaps = m_block->free;
  auto gap = gaps.emplace(m_offset, m_bytes).first;
  const auto next = std::next(gap);
  if (next != gaps.end() && gap->first + gap->second == next->first) {
    gap->second += next->second;
    gaps.erase(next);
  }
  if (gap != gaps.begin()) {
    const auto previous = std::prev(gap);
    if (previous->first + previous->second == gap->first) {
      previous->second += gap->second;
      gaps.erase(gap);
    }
  }
}

WeightHeap::WeightHeap(std::shared_ptr<vk::Memory> memory, vk::MemoryKind kind, vk::KernelFamily family,
                       std::uint64_t maxBlockBytes)
    : m_memory(std::move(memory)), m_kind(kind), m_family(family), m_maxBlockBytes(maxBlockBytes) {}

std::unique_ptr<WeightRange> WeightHeap::allocate(std::uint64_t bytes) {
  bytes = vk::alignUp(bytes);
  std::erase_if(m_blocks, [](const auto& block) { return block.expired(); });
  const auto takeFrom = [&](const std::shared_ptr<WeightBlock>& block) -> std::unique_ptr<WeightRange> {
    for (auto gap = block->free.begin(); gap != block->free.end(); ++gap) {
      if (gap->second < bytes) continue;
      const std::uint64_t offset = gap->first, rest = gap->second - bytes;
      block->free.erase(gap);
      if (rest != 0) block->free.emplace(offset + bytes, rest);
      return std::make_unique<WeightRange>(block, offset, bytes);
    }
    return nullptr;
  };
  std::unique_ptr<WeightRange> range;
  for (const auto& weak : m_blocks) {
    if (const auto block = weak.lock()) range = takeFrom(block);
    if (range) break;
  }
  if (!range) {
    std::uint64_t size = bytes;
    for (std::size_t next = 1; next < m_expected.size(); ++next) {
      if (size + vk::alignUp(m_expected[next]) > m_maxBlockBytes) break;
      size += vk::alignUp(m_expected[next]);
    }
    const auto block = std::make_shared<WeightBlock>(m_memory, m_kind, m_family, size);
    m_blocks.push_back(block);
    range = takeFrom(block);
  }
  if (!m_expected.empty()) m_expected.pop_front();
  return range;
}

}  // namespace gpu
