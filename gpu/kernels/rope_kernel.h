#pragma once
#include "core/model/graph.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// A value whose heads are rotated in place.
struct RopeTarget {
  Place place;
  std::uint32_t width = 0;
};

/// What is the same for the values of a dispatch.
struct RopeShape {
  std::uint32_t headSize;
  std::uint32_t pairs;  ///< per head
  std::uint32_t table;  ///< entry of the cache's rotations where those of this table begin
  core::model::RopePairing pairing;
};

/// Rotates one value or two (queries and keys) in one dispatch.  @param sets weights' set and the cache's
void recordRope(Recorder& recorder, std::span<const VkDescriptorSet> sets, const RopeShape& shape,
                std::span<const RopeTarget> targets);

}  // namespace gpu
