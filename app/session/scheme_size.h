#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/io/checkpoint.h"
#include "core/quant/scheme.h"

namespace app {

/// What a model would weigh under a scheme: its matrices quantized, everything else as stored. Computed from shapes.
struct SchemeSize {
  core::quant::Scheme scheme;
  std::uint64_t bytes = 0;
  double bitsPerWeight = 0;     ///< of the whole model, kept tensors included
  std::size_t quantized = 0;    ///< tensors the scheme takes
  std::uint64_t keptBytes = 0;  ///< of the others
};

/// One per scheme. @throws core::Cancelled
std::vector<SchemeSize> sizesUnder(const core::io::Checkpoint& checkpoint, std::span<const core::quant::Scheme> schemes,
                                   const core::JobContext& job = core::JobContext());

}  // namespace app
