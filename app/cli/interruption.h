#pragma once
#include <chrono>
#include <stop_token>

#include "core/base/job_context.h"

namespace app::cli {

/// Turns the signals that end a program (Ctrl+C, a closed terminal, a polite kill) into the cancellation of the work in
/// progress, so that nothing unfinished is left behind. Construct it before any thread is started.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// Ends the program by the signal that came, as a shell expects. Returns when none came.
  static void endAsSignalled();
};

/// The job of every command: cancelled by those signals. Work that does not look at it ends a moment later, by force.
const core::JobContext& interruptibleJob();

/// What cancels it, for a command whose job says how far it is.
std::stop_token interruptionToken();

/// How long that moment is from now on, for work that has to keep what it reached.
void allowPatience(std::chrono::seconds patience);

}  // namespace app::cli
