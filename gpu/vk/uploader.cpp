#include "gpu/vk/uploader.h"

#include <algorithm>
#include <cstring>

#include "gpu/vk/commands.h"

namespace gpu::vk {

void Uploader::upload(const Buffer& target, std::uint64_t offset, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  if (target.mapped() != nullptr) {
    std::memcpy(target.mapped() + offset, bytes.data(), bytes.size());
    return;
  }
  const std::uint64_t most = m_stagingBytes;
  if (!m_staging) {
    m_staging = std::make_unique<Buffer>(m_memory, most, MemoryKind::Upload, "the upload buffer");
  }
  for (std::uint64_t done = 0; done < bytes.size(); done += most) {
    const std::uint64_t part = std::min<std::uint64_t>(most, bytes.size() - done);
    std::memcpy(m_staging->mapped(), bytes.data() + done, part);
    Commands commands(m_memory->device(), "copying data to its memory");
    commands.copy(*m_staging, 0, target, offset + done, part);
    commands.finish();
    commands.submit();
    commands.wait();
  }
}

}  // namespace gpu::vk
