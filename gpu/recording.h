#pragma once
#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "gpu/vk/commands.h"
#include "gpu/work_pace.h"

namespace gpu {

/// A batch's recorded commands, in pieces that are submitted one by one.
struct Recording {
  struct Piece {
    std::unique_ptr<vk::Commands> commands;
    double work = 0;  ///< multiply-adds, estimated
  };
  std::vector<Piece> pieces;
  double limit = 0;                      ///< of work per piece when it was recorded
  std::vector<std::uint32_t> positions;  ///< of each sequence's context, for which its attention was estimated
  std::uint64_t dispatches = 0, barriers = 0;

  double largestWork() const;
  /// Whether its pieces are neither too long nor needlessly short by what is known now.
  /// @param contexts positions of each sequence's
  bool suits(const WorkPace& pace, std::span<const std::uint32_t> contexts) const;
  /// Hands the first piece to the device. After an exception nothing is running.
  void begin();
  /// Runs the rest to its end and learns from how long they take; after an exception, too, nothing is running any
  /// more.
  /// @throws core::Error (Device, DeviceLost, OutOfMemory), core::Cancelled
  void finish(const core::JobContext& job, WorkPace& pace);
  /// All of it.
  void run(const core::JobContext& job, WorkPace& pace) {
    begin();
    finish(job, pace);
  }
  /// Waits until nothing is running any more, when what it computes is not wanted.
  void settle() noexcept;
  /// It must not be run again.
  bool isDropped() const { return pieces.empty(); }

 private:
  std::chrono::steady_clock::time_point m_begun;
};

}  // namespace gpu
