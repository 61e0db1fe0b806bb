#include "core/base/memory_bandwidth.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/parallel.h"

namespace core {

double measureHostReadBandwidth() {
  constexpr std::size_t kWords = std::size_t{256} * 1024 * 1024 / sizeof(std::uint64_t);
  constexpr std::size_t kGrain = std::size_t{1} << 16;
  constexpr int kPasses = 4;
  const std::vector<std::uint64_t> words(kWords, 1);
  double best = 0;
  std::uint64_t checksum = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    checksum += parallelReduce(
        kWords, kGrain, std::uint64_t{0},
        [&](std::size_t first, std::size_t last, std::uint64_t sum) {
          for (std::size_t i = first; i != last; ++i) sum += words[i];
          return sum;
        },
        std::plus<>());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, static_cast<double>(kWords * sizeof(std::uint64_t)) / seconds);
  }
  // The checksum is known; using it keeps the reads from being optimised away.
  return checksum == kWords * kPasses ? best : 0.0;
}

}  // namespace core
