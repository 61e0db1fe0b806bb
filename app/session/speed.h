#pragma once
#include <cstdint>

#include "core/base/job_context.h"
#include "core/model/executor.h"

namespace app {

struct SpeedSettings {
  std::uint32_t promptTokens = 128, generatedTokens = 32, repetitions = 3;
  core::model::KvType kv = core::model::KvType::F16;
};

/// Tokens per second; medians of the repetitions.
struct Speed {
  double prefill = 0, decode = 0;
};

/// Reads arbitrary but valid tokens and decodes some: speed does not depend on which. Once before, to page weights in
/// and compile pipelines, is not counted. @throws core::Error as Executor::forward, core::Cancelled
Speed measureSpeed(core::model::Executor& executor, const SpeedSettings& settings,
                   const core::JobContext& job = core::JobContext());

}  // namespace app
