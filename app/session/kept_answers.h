#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "app/session/evaluate_tasks.h"

namespace app {

/// The answers of one variant to the first tasks of a list, in a file that outlives the program: complete or not at
/// all, and of exactly this, undamaged, or not used. Nothing here fails.
class KeptAnswers {
 public:
  static constexpr std::uint64_t kMostFolderBytes = std::uint64_t{64} << 20;  ///< the oldest files make room

  /// @param identity all that answers depend on  @param folder empty: nothing is kept
  KeptAnswers(const std::filesystem::path& folder, const std::string& identity);

  /// Those that are known, at most so many.
  std::vector<TaskAnswer> read(std::size_t most, std::string& device) const;
  void write(const std::vector<TaskAnswer>& answers, const std::string& device) const noexcept;

 private:
  std::filesystem::path m_file;  ///< empty: nothing is kept
  std::uint64_t m_head = 0;
};

}  // namespace app
