#include "gpu/kernels/rope_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kWorkgroup = 64;
}  // namespace

void recordRope(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::ModelConfig& config,
                std::span<const RopeTarget> targets) {
  RopePush push{};
  push.headSize = config.headSize;
  push.pairs = config.ropeDimensions / 2;
  if (push.pairs == 0) return;
  const auto pairsOf = [&](const RopeTarget& target) { return target.width / config.headSize * push.pairs; };
  push.first = targets[0].place.offset;
  push.firstStride = targets[0].place.stride;
  push.firstPairs = push.allPairs = pairsOf(targets[0]);
  if (targets.size() == 2) {
    push.second = targets[1].place.offset;
    push.secondStride = targets[1].place.stride;
    push.allPairs += pairsOf(targets[1]);
  }
  const bool adjacent = config.ropePairing == core::model::RopePairing::Adjacent;
  const RopeConstants constants{.workgroup = kWorkgroup, .adjacent = adjacent ? 1U : 0U};
  recorder.dispatch("rope", constants.values(), sets, push, {divideUp(push.allPairs, kWorkgroup), recorder.tokens()},
                    4.0 * push.allPairs * recorder.tokens());
}

}  // namespace gpu
