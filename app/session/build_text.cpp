#include "app/session/build_text.h"

#include <fmt/format.h>

#include <filesystem>

namespace app {

std::string buildText() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return fmt::format("{} {}", fs::file_size(program, error),
                     fs::last_write_time(program, error).time_since_epoch().count());
}

}  // namespace app
