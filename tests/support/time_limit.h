#pragma once
#include "support/cpu_seconds.h"

namespace support {

// Limits of time in tests are there to tell a bound from its absence (a quadratic loop, an attack that nobody charges),
// and are counted in cpuSeconds(), so that a busy machine does not change them.

/// How much longer everything may take under a sanitizer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kSlowdown = 20.0;
#else
constexpr double kSlowdown = 1.0;
#endif

}  // namespace support
