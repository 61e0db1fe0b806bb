#pragma once
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/evaluate/exchange.h"

namespace app {

/// Measured divergences in memory and, with a folder, in a file that outlives the program; each is there as soon as it
/// is measured, so that an interrupted sweep goes on. What cannot be read or written is measured again; nothing here
/// fails. Thread-safe.
class DivergenceFile : public core::evaluate::DivergenceStore {
 public:
  static constexpr std::uint64_t kMostFolderBytes = std::uint64_t{128} << 20;  ///< the oldest files make room

  /// @param folder empty: in memory only  @param identity all that figures depend on beside the exchanged tensors
  DivergenceFile(const std::filesystem::path& folder, const std::string& identity);

  std::optional<core::evaluate::BlockRatio> find(const std::string& key) const override;
  void add(const std::string& key, const core::evaluate::BlockRatio& divergence) override;

 private:
  void read(const std::filesystem::path& file, const std::string& head);

  mutable std::mutex m_mutex;
  std::unordered_map<std::uint64_t, core::evaluate::BlockRatio> m_known;  ///< by the hash of the key
  std::ofstream m_file;
};

}  // namespace app
