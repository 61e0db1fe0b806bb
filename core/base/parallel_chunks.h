#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "core/base/job_context.h"
#include "core/base/parallel.h"

namespace core {

/// Values one task works on: enough to be worth a task, few enough to be cancelled quickly and to stay in the cache.
constexpr std::uint64_t kValuesPerChunk = 1U << 14;

/// How many items of `valuesPerItem` values make a chunk; at least 1.
inline std::uint64_t itemsPerChunk(std::uint64_t valuesPerItem) {
  return std::max<std::uint64_t>(1, kValuesPerChunk / std::max<std::uint64_t>(1, valuesPerItem));
}

/// Calls body(first, count) for pieces of [0, total), in parallel; every piece but the last has `chunk` items.
/// Reports progress and throws Cancelled between pieces.
template <typename Body>
void forEachChunk(std::uint64_t total, std::uint64_t chunk, const JobContext& job, std::string_view phrase,
                  const Body& body) {
  const std::uint64_t chunks = total / chunk + (total % chunk == 0 ? 0 : 1);
  std::atomic<std::uint64_t> done{0};
  parallelFor(chunks, 1, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin; i != end; ++i) {
      job.throwIfCancelled();
      const std::uint64_t first = i * chunk;
      body(first, std::min(chunk, total - first));
      job.progress(static_cast<double>(done.fetch_add(1) + 1) / static_cast<double>(chunks), phrase);
    }
  });
}

}  // namespace core
