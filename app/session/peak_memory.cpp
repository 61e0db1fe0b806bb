#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "app/session/train_memory.h"

namespace app {

namespace {

constexpr std::chrono::milliseconds kInterval{5};

/// What is in memory and in no file; 0 where nobody says.
std::uint64_t ownBytes() {
  std::ifstream pages("/proc/self/statm");
  std::uint64_t all = 0, resident = 0, ofFiles = 0;
  if (!(pages >> all >> resident >> ofFiles)) return 0;
  return (resident - std::min(resident, ofFiles)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

PeakMemory::PeakMemory() : m_before(ownBytes()), m_most(m_before), m_watcher([this] { watch(); }) {}

PeakMemory::~PeakMemory() {
  {
    const std::scoped_lock lock(m_mutex);
    m_isOver = true;
  }
  m_end.notify_one();
  m_watcher.join();
}

void PeakMemory::watch() {
  std::unique_lock lock(m_mutex);
  while (!m_end.wait_for(lock, kInterval, [this] { return m_isOver; })) m_most = std::max(m_most.load(), ownBytes());
}

std::uint64_t PeakMemory::bytes() const {
  const std::uint64_t most = std::max(m_most.load(), ownBytes());
  return most > m_before ? most - m_before : 0;
}

}  // namespace app
