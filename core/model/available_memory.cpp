#include "core/model/available_memory.h"

#include <fmt/format.h>

#include <fstream>
#include <limits>
#include <string>

#include "core/base/error.h"

namespace core::model {

std::uint64_t availableMemory() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  std::uint64_t kibibytes = 0;
  std::string unit;
  while (file >> key >> kibibytes) {
    std::getline(file, unit);
    if (key == "MemAvailable:") return kibibytes * 1024;
  }
  return std::numeric_limits<std::uint64_t>::max();
}

void requireMemory(std::string_view what, double neededBytes) {
  const auto available = static_cast<double>(availableMemory());
  if (neededBytes <= available) return;
  throw Error(ErrorCode::OutOfMemory, fmt::format("{} needs {:.2f} GB of memory, but only {:.2f} GB are available.",
                                                  what, neededBytes / 1e9, available / 1e9));
}

}  // namespace core::model
