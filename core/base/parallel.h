#pragma once
#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#ifndef QS_PARALLEL_STD
#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_reduce.h>
#endif

/// The one door to parallel loops. They run on oneTBB; with QS_PARALLEL_STD on plain std::thread, which
/// ThreadSanitizer understands (it knows nothing of TBB's own synchronisation and would report every loop).
/// An exception of a body ends the loop and is thrown to its caller.
namespace core {

#ifdef QS_PARALLEL_STD

namespace parallel {
/// Calls body(i) for i in [0, count) on as many threads as there are cores, each with a free one's next index.
void runOnThreads(std::size_t count, const std::function<void(std::size_t)>& body);
}  // namespace parallel

/// Calls body(first, last) for disjoint pieces that cover [0, total), each of about `grain` items or more.
template <typename Body>
void parallelFor(std::size_t total, std::size_t grain, const Body& body) {
  const std::size_t pieces = total / grain + (total % grain == 0 ? 0 : 1);
  parallel::runOnThreads(pieces, [&](std::size_t piece) {
    const std::size_t first = piece * grain;
    body(first, first + std::min(grain, total - first));
  });
}

/// The fold of `join` over body(first, last, value so far) of all pieces, in the order of the pieces.
template <typename Value, typename Body, typename Join>
Value parallelReduce(std::size_t total, std::size_t grain, const Value& identity, const Body& body, const Join& join) {
  const std::size_t pieces = total / grain + (total % grain == 0 ? 0 : 1);
  std::vector<Value> parts(pieces, identity);
  parallel::runOnThreads(pieces, [&](std::size_t piece) {
    const std::size_t first = piece * grain;
    parts[piece] = body(first, first + std::min(grain, total - first), identity);
  });
  Value result = identity;
  for (Value& part : parts) result = join(std::move(result), std::move(part));
  return result;
}

/// A value of one's own for every thread that takes part in a loop; afterwards a range over all of them.
template <typename Value>
class PerThread {
 public:
  explicit PerThread(Value initial) : m_initial(std::move(initial)) {}

  Value& local() {
    const std::lock_guard lock(m_mutex);
    std::unique_ptr<Value>& own = m_byThread[std::this_thread::get_id()];
    if (!own) own = std::make_unique<Value>(m_initial);
    return *own;
  }
  template <typename Visit>
  void forEach(const Visit& visit) {
    for (auto& [thread, value] : m_byThread) visit(*value);
  }

 private:
  Value m_initial;
  std::mutex m_mutex;
  std::unordered_map<std::thread::id, std::unique_ptr<Value>> m_byThread;
};

#else

/// Calls body(first, last) for disjoint pieces that cover [0, total), each of about `grain` items or more.
template <typename Body>
void parallelFor(std::size_t total, std::size_t grain, const Body& body) {
  using Range = tbb::blocked_range<std::size_t>;
  tbb::parallel_for(Range(0, total, grain), [&](const Range& range) { body(range.begin(), range.end()); });
}

/// The fold of `join` over body(first, last, value so far) of all pieces, in the order of the pieces.
template <typename Value, typename Body, typename Join>
Value parallelReduce(std::size_t total, std::size_t grain, const Value& identity, const Body& body, const Join& join) {
  using Range = tbb::blocked_range<std::size_t>;
  return tbb::parallel_reduce(
      Range(0, total, grain), identity,
      [&](const Range& range, Value value) { return body(range.begin(), range.end(), std::move(value)); }, join);
}

/// A value of one's own for every thread that takes part in a loop; afterwards a range over all of them.
template <typename Value>
class PerThread {
 public:
  explicit PerThread(Value initial) : m_values(std::move(initial)) {}

  Value& local() { return m_values.local(); }
  template <typename Visit>
  void forEach(const Visit& visit) {
    for (Value& value : m_values) visit(value);
  }

 private:
  tbb::enumerable_thread_specific<Value> m_values;
};

#endif

}  // namespace core
