#include "gpu/recording.h"

#include <algorithm>
#include <functional>

namespace gpu {

namespace {

using Clock = std::chrono::steady_clock;

/// Waits for pieces in their order and finds out how long each took.
class Stopwatch {
 public:
  explicit Stopwatch(WorkPace& pace) : m_pace(pace) {}

  void finish(const Recording::Piece& piece, Clock::time_point submitted) {
    const bool isWaiting = !piece.commands->isDone();
    piece.commands->wait();
    const Clock::time_point now = Clock::now();
    // It began when it was submitted or when the one before it ended, if that was seen.
    const double seconds = std::chrono::duration<double>(now - std::max(submitted, m_end)).count();
    // One that had ended before took no longer than this, but perhaps much less: it cannot be told that it was slow.
    if (isWaiting || seconds < WorkPace::kSeconds) m_pace.learn(piece.work, seconds);
    if (isWaiting) m_end = now;
  }

 private:
  WorkPace& m_pace;
  Clock::time_point m_end;
};

}  // namespace

double Recording::largestWork() const {
  double largest = 0;
  for (const Piece& piece : pieces) largest = std::max(largest, piece.work);
  return largest;
}

bool Recording::suits(const WorkPace& pace, std::span<const std::uint32_t> contexts) const {
  if (!std::ranges::equal(contexts, positions, std::less_equal())) return false;
  const bool areLong = limit > pace.limit() && largestWork() > 2 * pace.limit();
  const bool areShort = pieces.size() > 1 && 4 * limit < pace.limit();
  return !areLong && !areShort;
}

void Recording::begin() {
  m_begun = Clock::now();
  pieces.front().commands->submit();
}

void Recording::finish(const core::JobContext& job, WorkPace& pace) try {
  Stopwatch stopwatch(pace);
  Clock::time_point submitted = m_begun, before;
  // One piece is ahead of the one waited for, so the device does not idle and a cancel comes through soon.
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    before = submitted;
    submitted = Clock::now();
    pieces[i].commands->submit();
    stopwatch.finish(pieces[i - 1], before);
    job.throwIfCancelled();
  }
  stopwatch.finish(pieces.back(), submitted);
} catch (...) {
  settle();
  throw;
}

void Recording::settle() noexcept {
  for (const Piece& piece : pieces) piece.commands->settle();
}

}  // namespace gpu
