#pragma once
#include <cstdint>
#include <optional>

#include "app/session/device_limits.h"
#include "core/base/job_context.h"
#include "core/model/step_work.h"

namespace app {

struct SpeedSettings {
  std::uint32_t promptTokens = 128, generatedTokens = 32, repetitions = 3;
  core::model::KvType kv = core::model::KvType::F16;
  bool areStepsTimed = false;  ///< once more, behind the rest
  std::uint32_t sequences =
      1;  ///< that are decoded together, each behind a prompt of its own; tokens are all of theirs
};

/// Tokens per second, medians of the repetitions, and what a decoded token costs besides.
struct Speed {
  double prefill = 0, decode = 0;
  std::uint32_t sequences = 1;         ///< that were decoded together: they share the reading of weights
  core::model::Work work = {};         ///< of a token halfway through the decoded ones
  std::uint64_t promptOperations = 0;  ///< of the whole prompt: core::model::promptOperations
  /// Of a decoded token, what all processors of the machine used meanwhile; nothing where that is not measurable.
  std::optional<double> joules = std::nullopt;
  std::optional<double> cardJoules = std::nullopt;       ///< likewise, of the card it runs on
  double submissions = 0, dispatches = 0, barriers = 0;  ///< of a decoded token; 0 on the CPU
  double returnedBytes = 0;  ///< that a device gives back of a decoded token's logits; 0 on the CPU
  core::model::StepTimes prefillSteps = {},
                         decodeSteps = {};  ///< of the prompt, of one token behind it; when asked for
};

/// Reads arbitrary but valid tokens and decodes some, as an answer does but for drawing them: speed does not depend on
/// which. Once before, to page weights in and compile pipelines, is not counted. @throws core::Error as
/// Executor::forward, core::Cancelled
Speed measureSpeed(core::model::Executor& executor, const SpeedSettings& settings,
                   const core::JobContext& job = core::JobContext());

}  // namespace app
