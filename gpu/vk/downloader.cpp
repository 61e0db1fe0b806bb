#include "gpu/vk/downloader.h"

#include <cstring>

#include "gpu/vk/commands.h"

namespace gpu::vk {

void Downloader::download(const Buffer& source, std::uint64_t offset, std::span<std::byte> bytes) {
  if (bytes.empty()) return;
  m_memory->device()->throwIfLost();
  if (source.mapped() != nullptr) {
    std::memcpy(bytes.data(), source.mapped() + offset, bytes.size());
    return;
  }
  if (!m_staging)
    m_staging = std::make_unique<Buffer>(m_memory, m_stagingBytes, MemoryKind::Readback, "the download buffer");
  for (std::uint64_t done = 0; done < bytes.size(); done += m_stagingBytes) {
    const std::uint64_t part = std::min<std::uint64_t>(m_stagingBytes, bytes.size() - done);
    Commands commands(m_memory->device(), "copying data from its memory");
    commands.copy(source, offset + done, *m_staging, 0, part);
    commands.finish();
    commands.submit();
    commands.wait();
    std::memcpy(bytes.data() + done, m_staging->mapped(), part);
  }
}

}  // namespace gpu::vk
