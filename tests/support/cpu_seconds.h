#pragma once
#include <ctime>

namespace support {

/// CPU time of all threads of this process so far: tells the work from the waiting on a busy machine.
inline double cpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace support
