#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/evaluate/block_statistics.h"

namespace app {

/// The blocks of one comparison that have been read, in memory and in a file that outlives the program. The file is
/// complete or not at all, and is of exactly this comparison, undamaged, or is not used. What cannot be read or written
/// is computed again; nothing here fails.
class KeptBlocks {
 public:
  static constexpr std::uint64_t kMostFolderBytes = std::uint64_t{256} << 20;  ///< the oldest files make room

  /// @param identity all that the figures depend on  @param folder empty: nothing is kept  @param blocks of the text
  KeptBlocks(const std::filesystem::path& folder, std::string identity, std::uint32_t blocks);

  const std::optional<core::evaluate::BlockStatistics>& block(std::uint32_t index) const { return m_blocks[index]; }
  void add(std::uint32_t index, core::evaluate::BlockStatistics block);
  /// Where they were computed, and the reference, as executors name it; empty: not yet.
  const std::string& device() const { return m_device; }
  const std::string& referenceDevice() const { return m_referenceDevice; }
  void setDevices(std::string device, std::string ofReference) {
    m_device = std::move(device), m_referenceDevice = std::move(ofReference);
  }
  /// Writes what is new.
  void keep() noexcept;

 private:
  void read();
  std::vector<std::byte> encode() const;

  std::filesystem::path m_file;  ///< empty: nothing is kept
  std::string m_identity, m_device, m_referenceDevice;
  std::vector<std::optional<core::evaluate::BlockStatistics>> m_blocks;
  bool m_hasNews = false;
};

}  // namespace app
