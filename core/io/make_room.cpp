#include "core/io/make_room.h"

#include <algorithm>
#include <vector>

namespace core::io {

namespace fs = std::filesystem;

namespace {

struct KeptFile {
  fs::path path;
  fs::file_time_type used;
  std::uint64_t bytes;
};

}  // namespace

void makeRoom(const fs::path& folder, std::string_view suffix, std::uint64_t mostBytes) {
  std::vector<KeptFile> files;
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != suffix || !entry.is_regular_file()) continue;
    files.push_back({entry.path(), entry.last_write_time(), entry.file_size()});
    bytes += files.back().bytes;
  }
  std::sort(files.begin(), files.end(), [](const KeptFile& a, const KeptFile& b) { return a.used < b.used; });
  for (const KeptFile& file : files) {
    if (bytes <= mostBytes) return;
    fs::remove(file.path);
    bytes -= file.bytes;
  }
}

}  // namespace core::io
