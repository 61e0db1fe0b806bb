#include <fstream>
#include <string>

#include "app/session/train_memory.h"

namespace app {

namespace {

/// A row of /proc/self/status in bytes; 0 where there is none.
std::uint64_t statusBytes(const std::string& row) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != row + ":") continue;
    std::uint64_t kibibytes = 0;
    status >> kibibytes;
    return kibibytes * 1024;
  }
  return 0;
}

}  // namespace

PeakMemory::PeakMemory() {
  std::ofstream("/proc/self/clear_refs") << "5";  // the largest resident set is now the current one
  m_before = statusBytes("VmRSS");
}

std::uint64_t PeakMemory::bytes() const {
  const std::uint64_t most = statusBytes("VmHWM");
  return most > m_before ? most - m_before : 0;
}

}  // namespace app
