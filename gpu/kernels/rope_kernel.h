#pragma once
#include "core/model/config.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// A value whose heads are rotated in place.
struct RopeTarget {
  Place place;
  std::uint32_t width = 0;
};

/// Rotates one value or two (queries and keys) in one dispatch.  @param sets weights' set and the cache's
void recordRope(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::ModelConfig& config,
                std::span<const RopeTarget> targets);

}  // namespace gpu
