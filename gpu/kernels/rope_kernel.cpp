#include "gpu/kernels/rope_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kRopeWorkgroup = 64;
}  // namespace

void recordRope(Recorder& recorder, std::span<const VkDescriptorSet> sets, const RopeShape& shape,
                std::span<const RopeTarget> targets) {
  RopePush push{};
  push.headSize = shape.headSize;
  push.pairs = shape.pairs;
  push.table = shape.table;
  push.sequence = recorder.sequence();
  if (push.pairs == 0) return;
  const auto pairsOf = [&](const RopeTarget& target) { return target.width / shape.headSize * push.pairs; };
  push.first = targets[0].place.offset;
  push.firstStride = targets[0].place.stride;
  push.firstPairs = push.allPairs = pairsOf(targets[0]);
  if (targets.size() == 2) {
    push.second = targets[1].place.offset;
    push.secondStride = targets[1].place.stride;
    push.allPairs += pairsOf(targets[1]);
  }
  const bool adjacent = shape.pairing == core::model::RopePairing::Adjacent;
  const RopeConstants constants{.workgroup = kRopeWorkgroup, .adjacent = adjacent ? 1U : 0U};
  recorder.dispatch("rope", constants.values(), sets, push,
                    {divideUp(push.allPairs, kRopeWorkgroup), recorder.tokens()},
                    4.0 * push.allPairs * recorder.tokens());
}

}  // namespace gpu
