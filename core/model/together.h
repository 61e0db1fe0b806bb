#pragma once
#include <cstdint>
#include <exception>
#include <span>
#include <vector>

#include "core/model/executor.h"

namespace core::model {

/// The next step of a sequence, and whose cache it has.
struct StepAsked {
  Executor* executor = nullptr;
  SequenceStep step;
};

struct StepFound {
  Candidates found;
  /// What Executor::candidates() would have thrown; the cache keeps its old length then.
  std::exception_ptr failure;
  double seconds = 0;         ///< that it took, with those it was computed with
  std::uint32_t besides = 0;  ///< how many others these are
};

/// Executor::candidates() of one token for each of several sequences. Those of one executor are one batch, in which
/// every weight is read once; executors of one Vulkan device have their batches in the same commands, step by step; the
/// rest is computed one after another: other devices, graphs whose rows depend on one another (Graph::rowsTogether),
/// executors somebody watches. What comes of a sequence is what it would be alone: on the CPU bit for bit, on Vulkan
/// within what float32 sums in another order are off by. A sequence that fails leaves the others as they are; a job
/// that is cancelled, or a device that fails, fails all that were being computed there. Executor::lastLogits(cache) has
/// the rows of all of them until their executors are asked for something else.
std::vector<StepFound> computeTogether(std::span<const StepAsked> asked, const JobContext& job = JobContext());

}  // namespace core::model
