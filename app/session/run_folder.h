#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

#include "app/session/train_run.h"

namespace app {

/// The files of a run as they are written.
class RunFolder {
 public:
  /// How the names of what came out begin; the number of steps follows, so that an earlier result, which somebody may
  /// have open, is never written to.
  static constexpr std::array<std::string_view, 2> kResults{"trained-", "adapter-"};

  explicit RunFolder(std::filesystem::path path) : m_path(std::move(path)) {}

  const std::filesystem::path& path() const { return m_path; }
  std::filesystem::path settingsFile() const;
  std::filesystem::path historyFile() const;
  std::filesystem::path checkpoint() const;
  /// @param kind one of kResults  @param steps made  @return a name that nothing has, ending aside
  std::filesystem::path result(std::string_view kind, std::uint64_t steps) const;

  /// Makes the folder and says what run it is. @throws core::Error (Io)
  void begin(const KeptRun& run) const;
  /// Replaces what was told. @throws core::Error (Io)
  void keep(const TrainHistory& history) const;

 private:
  std::filesystem::path m_path;
};

}  // namespace app
